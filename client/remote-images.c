/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "image-facts.h"
#include "messages.h"
#include "near-word.h"
#include "remote-images.h"
#include "remote-trouble.h"
#include "report.h"
#include "terminal-text.h"

#define NAMES_SHOWN 8
#define NEAR_SHOWN 4
#define NOT_NEAR 1000U

/* -- Near names ----------------------------------------------------------- */

static const char *
last_part (const char *path)
{
  const char *slash = strrchr (path, '/');

  return slash ? slash + 1 : path;
}

/* Slips and left-out endings; the folder alone is no reason to be far away. */
static unsigned
rank (const char *wanted, const char *name)
{
  const char *w = last_part (wanted), *n = last_part (name);
  unsigned distance;

  if (!*w)
    return NOT_NEAR;
  if (strcasecmp (w, n) == 0)
    return 0;
  distance = word_distance (w, n);
  if (word_is_near (n, distance) || distance <= strlen (n) / 6)
    return distance;
  return strlen (w) >= 3 && *n && (strcasestr (n, w) || strcasestr (w, n))
         ? 100 : NOT_NEAR;
}

size_t
remote_images_near (const struct remote_list *list, const char *wanted,
                    const char *near[], size_t max)
{
  unsigned ranks[NEAR_SHOWN] = { 0 };
  size_t nr = 0;

  if (max > NEAR_SHOWN)
    max = NEAR_SHOWN;
  for (size_t i = 0; i < list->nr; i++) {
    const unsigned r = rank (wanted, list->exports[i].name);
    size_t place = nr;

    if (r == NOT_NEAR)
      continue;
    while (place > 0 && ranks[place - 1] > r)
      place--;
    if (place == max)
      continue;
    if (nr < max)
      nr++;
    memmove (near + place + 1, near + place, (nr - place - 1) * sizeof *near);
    memmove (ranks + place + 1, ranks + place, (nr - place - 1) * sizeof *ranks);
    near[place] = list->exports[i].name;
    ranks[place] = r;
  }
  return nr;
}

/* -- What is there instead ------------------------------------------------ */

/* Of whoever else: one name a line. */
static void
show_names (const char *const names[], size_t nr)
{
  for (size_t i = 0; i < nr; i++)
    message_verbatim ("  ", *names[i] ? names[i] : "(the one without a name)");
}

static void
report_several (const struct image_location *l, const struct remote_list *list)
{
  const char *names[NAMES_SHOWN];
  size_t nr = 0;

  for (; nr < list->nr && nr < NAMES_SHOWN; nr++)
    names[nr] = list->exports[nr].name;
  report_error (ERROR_IMAGE_UNNAMED,
                "%s has %zu image%s, and none is named: put the name behind the "
                "server's, as in %s", l->server, list->nr, list->nr == 1 ? "" : "s",
                l->socket ? "nbd+unix:///NAME?socket=PATH" : "nbds://HOST/NAME");
  show_names (names, nr);
  if (list->nr > nr)
    message_always ("  and %zu more: see flash-live-remote images", list->nr - nr);
}

static void
report_missing (const struct image_location *l, const struct remote_list *list)
{
  CLEANUP_FREE char *wanted = strdup (l->export);
  const char *near[NEAR_SHOWN];
  const size_t nr = remote_images_near (list, l->export, near, NEAR_SHOWN);

  report_error (ERROR_IMAGE_UNKNOWN, "%s has no image %s%s", l->server,
                wanted ? terminal_text_clean (wanted) : "of that name",
                nr == 0 ? "; see flash-live-remote images"
                : nr == 1 ? "; is this meant?" : "; is one of these meant?");
  show_names (near, nr);
}

/* There is no such export. */
static void
report_absence (struct remote_server *s, const struct image_location *l)
{
  CLEANUP_FREE char *wanted = strdup (l->export);
  struct remote_list list;
  const enum remote_answer answer = remote_server_list (s, &list);

  if (answer == REMOTE_NO && !l->tls)
    remote_trouble_report_unencrypted (l);
  else if (answer == REMOTE_NO && *l->export)
    report_error (ERROR_IMAGE_UNKNOWN,
                  "%s has no image %s, and gives no list of what it has", l->server,
                  wanted ? terminal_text_clean (wanted) : "of that name");
  else if (answer == REMOTE_NO)
    report_error (ERROR_IMAGE_UNNAMED,
                  "%s has no image without a name, and gives no list of what it has: "
                  "put the image's name behind the server's", l->server);
  else if (answer == REMOTE_OK && list.nr == 0)
    report_error (ERROR_IMAGE_UNKNOWN, "%s has no images", l->server);
  else if (answer == REMOTE_OK && *l->export)
    report_missing (l, &list);
  else if (answer == REMOTE_OK)
    report_several (l, &list);
  remote_list_release (&list);
}

/* -- The look ------------------------------------------------------------- */

/* A server of ours tells by this export that the image is there; the size of its
 * disk view could cost it a scan of the image. */
static enum remote_answer
ask_integrity (struct remote_server *s, const char *export)
{
  CLEANUP_FREE char *name = NULL, *description = NULL;
  enum remote_answer answer;
  uint64_t size = 0;

  if (asprintf (&name, "%s%sintegrity", export, *export ? "/" : "") == -1) {
    name = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return REMOTE_FAILED;
  }
  if (strlen (name) > IMAGE_EXPORT_MAX)
    return REMOTE_NO;
  answer = remote_server_info (s, name, &size, &description);
  return answer == REMOTE_OK && size != INTEGRITY_SIZE ? REMOTE_NO : answer;
}

static int
look (struct remote_server *s, const struct image_location *l)
{
  CLEANUP_FREE char *description = NULL;
  uint64_t size = 0;

  switch (ask_integrity (s, l->export)) {
  case REMOTE_OK: return 0;
  case REMOTE_FAILED: return -1;
  case REMOTE_NO: break;
  }
  switch (remote_server_info (s, l->export, &size, &description)) {
  case REMOTE_FAILED: return -1;
  case REMOTE_NO: report_absence (s, l); return -1;
  case REMOTE_OK: break;
  }
  if (size > 0)
    return 0;
  report_error (ERROR_IMAGE_EMPTY, "%s: the image is empty", l->shown);
  return -1;
}

int
remote_images_look (const struct image_location *location)
{
  struct remote_server *s = remote_server_open (location);
  int result = s ? look (s, location) : -1;

  remote_server_close (s);
  return result;
}
