/* SPDX-License-Identifier: MIT */
/* flash-live-remote images URI: what an image server offers, on stdout. */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "clock.h"
#include "commands.h"
#include "image-listing.h"
#include "message-sink.h"
#include "messages.h"
#include "remote-server.h"
#include "remote-trouble.h"
#include "report.h"
#include "terminal-text.h"
#include "tls-trust.h"
#include "utc-time.h"

#define ASK_SECONDS 30          /* for the sizes at a foreign server */

/* -- Rows ------------------------------------------------------------------ */

static int
compare_names (const void *a, const void *b)
{
  const struct remote_export *x = a, *y = b;

  return strcmp (x->name, y->name);
}

/* A foreign server is asked for each size, while it answers soon enough. */
static void
ask_size (struct remote_server *s, const char *export, struct image_description *image,
          bool *answers)
{
  CLEANUP_FREE char *description = NULL;
  uint64_t size = 0;

  switch (remote_server_info (s, export, &size, &description)) {
  case REMOTE_OK:
    image->disk_size_known = true;
    image->disk_size = size;
    break;
  case REMOTE_NO:
    break;
  case REMOTE_FAILED:
    *answers = false;
    break;
  }
}

/* Those of LIST whose names begin with PREFIX.  Returns their number. */
static size_t
make_rows (struct remote_server *s, struct remote_list *list, const char *prefix,
           struct listed_row *rows)
{
  const double end = clock_now () + ASK_SECONDS;
  bool answers = true;
  size_t nr = 0;

  for (size_t i = 0; i < list->nr; i++) {
    struct remote_export *e = &list->exports[i];
    struct listed_row *row = &rows[nr];

    if (strncmp (e->name, prefix, strlen (prefix)) != 0)
      continue;
    nr++;
    row->description = "";
    row->ours = image_description_parse (e->description, &row->image);
    if (!row->ours) {
      row->description = e->description;
      answers = answers && clock_now () < end;
      if (answers)
        ask_size (s, e->name, &row->image, &answers);
    }
    terminal_text_clean (e->name);      /* the server is not asked for it again */
    row->name = *e->name ? e->name : "(no name)";
  }
  return nr;
}

static void
record_row (const struct listed_row *row)
{
  static const char *const integrities[] = {
    [IMAGE_UNPROVEN] = "unproven", [IMAGE_INTACT] = "intact",
    [IMAGE_DAMAGED] = "damaged",
  };
  const struct image_description *i = &row->image;
  char modified[UTC_TIME_MAX] = "";

  if (i->modified > 0)
    utc_time_text ((uint64_t) i->modified, 0, modified);
  message_record ("offer", "name", row->name, "description", row->description,
                  "format", i->format, "image_size",
                  i->disk_size_known ? RECORD_NUMBER (i->disk_size) : "",
                  "stored_size",
                  row->ours ? RECORD_NUMBER (i->stored_size) : "",
                  "modified", modified, "integrity",
                  row->ours ? integrities[i->proof] : "", NULL);
}

/* As a table, or as records. */
static void
tell_rows (const struct listed_row rows[], size_t nr)
{
  if (message_sink_is_text ())
    image_listing_print (stdout, rows, nr, time (NULL));
  else
    for (size_t i = 0; i < nr; i++)
      record_row (&rows[i]);
}

static enum exit_status
print_list (struct remote_server *s, const struct image_location *l,
            struct remote_list *list)
{
  CLEANUP_FREE struct listed_row *rows = calloc (list->nr + 1, sizeof *rows);
  CLEANUP_FREE char *prefix = strdup (l->export);
  size_t nr;

  if (!rows || !prefix) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return STATUS_NOT_WRITTEN;
  }
  qsort (list->exports, list->nr, sizeof *list->exports, compare_names);
  message_hold_errors ();       /* sizes that are not told are left open */
  nr = make_rows (s, list, l->export, rows);
  message_release_errors ();
  if (nr == 0 && *prefix)
    message_info ("%s offers no image whose name begins with %s", l->server,
                  terminal_text_clean (prefix));
  else if (nr == 0)
    message_info ("%s offers no images", l->server);
  else
    tell_rows (rows, nr);
  if (list->cut)
    message_warning ("%s offers more images than are listed here", l->server);
  if (fflush (stdout) == 0 && !ferror (stdout))
    return STATUS_DONE;
  report_error (ERROR_OUTPUT_FAILED, "stdout: %s", strerror (errno));
  return STATUS_NOT_WRITTEN;
}

/* -- The command ----------------------------------------------------------- */

/* A server that wants TLS refuses this question, and any other. */
static void
report_no_list (struct remote_server *s, const struct image_location *l)
{
  CLEANUP_FREE char *description = NULL;
  uint64_t size;

  if (!l->tls
      && remote_server_info (s, l->export, &size, &description) == REMOTE_NO)
    remote_trouble_report_unencrypted (l);
  else
    report_error (ERROR_SERVER_LIST,
                  "%s gives no list of what it has; ask whoever runs it for the "
                  "image's name", l->server);
}

static enum exit_status
list (struct remote_server *s, const struct image_location *l)
{
  enum exit_status status = STATUS_NOT_WRITTEN;
  struct remote_list images;

  switch (remote_server_list (s, &images)) {
  case REMOTE_OK:
    status = print_list (s, l, &images);
    break;
  case REMOTE_NO:
    report_no_list (s, l);
    break;
  case REMOTE_FAILED:
    break;
  }
  remote_list_release (&images);
  return status;
}

static enum exit_status
ask_server (struct image_location *l)
{
  enum exit_status status = STATUS_NOT_WRITTEN;
  struct remote_server *s;

  if (tls_trust_find (l) == -1)
    return STATUS_NOT_WRITTEN;
  s = remote_server_open (l);
  if (s)
    status = list (s, l);
  remote_server_close (s);
  return status;
}

enum exit_status
images_command (const struct options *options)
{
  struct image_location location;
  enum exit_status status = STATUS_USAGE;

  if (image_location_parse (options->image, &location) == 0) {
    if (location.kind == IMAGE_NBD)
      status = ask_server (&location);
    else
      report_error (ERROR_OPERANDS_WRONG,
                    "%s: %s", location.shown, location.kind == IMAGE_WEB
                    ? "a web server has no list of its images"
                    : "the URI of an image server is needed, as in "
                      "nbds://images.lan");
  }
  image_location_release (&location);
  return status;
}
