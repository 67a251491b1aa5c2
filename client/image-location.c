/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "image-location.h"
#include "near-word.h"
#include "report.h"
#include "terminal-text.h"
#include "uri-parts.h"

#define NBD_PORT "10809"
#define TEXT_MAX 16384          /* of a whole URI, as it is given */

static const struct
{
  const char *name;
  enum image_kind kind;
  bool tls, unix_socket;
} schemes[] = {
  { "nbd", IMAGE_NBD, false, false },
  { "nbds", IMAGE_NBD, true, false },
  { "nbd+unix", IMAGE_NBD, false, true },
  { "nbds+unix", IMAGE_NBD, true, true },
  { "http", IMAGE_WEB, false, false },
  { "https", IMAGE_WEB, true, false },
};
#define NR_SCHEMES (sizeof schemes / sizeof *schemes)

/* -- Refusals ------------------------------------------------------------- */

/* The URI without what may be secret or unprintable in it. */
static int
refuse (const char *text, const char *why)
{
  CLEANUP_FREE char *copy = strndup (text, 200);
  char *authority = copy ? strstr (copy, "://") : NULL;

  if (authority) {
    char *end, *at = NULL;

    authority += 3;
    authority[strcspn (authority, "?#")] = '\0';
    end = authority + strcspn (authority, "/");
    for (char *p = authority; p < end; p++)
      if (*p == '@')
        at = p;
    if (at)
      memmove (authority, at + 1, strlen (at + 1) + 1);
  }
  report_error (ERROR_IMAGE_LOCATION,
                "%s: %s", copy ? terminal_text_clean (copy) : "IMAGE", why);
  return -1;
}

static int
refuse_memory (void)
{
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

/* -- NBD ------------------------------------------------------------------ */

static const char *const known_keys[] = {
  "socket", "tls-certificates", "tls-psk-file"
};
#define NR_KEYS (sizeof known_keys / sizeof *known_keys)

static char **
place_of_key (struct image_location *l, const char *key)
{
  char **const places[NR_KEYS] = { &l->socket, &l->certificates, &l->psk_file };

  for (size_t i = 0; i < NR_KEYS; i++)
    if (strcmp (key, known_keys[i]) == 0)
      return places[i];
  return NULL;
}

static int
refuse_key (const char *text, char *key)
{
  char why[URI_VALUE_MAX + 256];
  const char *near = "";

  for (size_t i = 0; i < NR_KEYS; i++)
    if (word_is_near (known_keys[i], word_distance (key, known_keys[i])))
      near = known_keys[i];
  snprintf (why, sizeof why, "\"%s\" behind the \"?\" is not known%s%s%s; there are "
            "socket=, tls-certificates= and tls-psk-file=",
            terminal_text_clean (key), *near ? "; did you mean " : "", near,
            *near ? "=" : "");
  return refuse (text, why);
}

static int
take_pair (const char *text, const char *pair, const char *end,
           struct image_location *l)
{
  CLEANUP_FREE char *key = NULL;
  const char *equals = memchr (pair, '=', (size_t) (end - pair));
  const char *wrong;
  char **place;

  wrong = uri_decode (pair, equals ? equals : end, URI_VALUE_MAX, &key);
  if (wrong)
    return refuse (text, wrong);
  place = place_of_key (l, key);
  if (!place || !equals)
    return place ? refuse (text, "a value is missing behind the \"?\"")
                 : refuse_key (text, key);
  if (*place)
    return refuse (text, "a value behind the \"?\" is given twice");
  wrong = uri_decode (equals + 1, end, URI_VALUE_MAX, place);
  if (!wrong && !**place)
    wrong = "a value behind the \"?\" is empty";
  return wrong ? refuse (text, wrong) : 0;
}

static int
take_query (const char *text, const struct uri_parts *p,
            struct image_location *l)
{
  const char *pair = p->query, *end;

  for (; pair && pair < p->end; pair = end + (*end == '&')) {
    end = pair + strcspn (pair, "&");
    if (take_pair (text, pair, end, l) == -1)
      return -1;
  }
  return 0;
}

/* What does not fit together: NULL, or what is wrong. */
static const char *
check_nbd (const struct image_location *l, bool unix_socket)
{
  if (unix_socket && !l->socket)
    return "the socket is missing: ?socket=PATH";
  if (!unix_socket && l->socket)
    return "socket= belongs to nbd+unix:// and nbds+unix://";
  if (!l->tls && (l->certificates || l->psk_file))
    return "certificates and keys are for encrypted connections: write nbds:// or "
           "nbds+unix://";
  if (!l->tls && l->user)
    return "a user is known by an encrypted connection only: write nbds:// or "
           "nbds+unix://";
  if (l->certificates && l->psk_file)
    return "tls-certificates= and tls-psk-file= exclude each other";
  if (l->psk_file && !l->user)
    return "a pre-shared key belongs to a user: write nbds://USER@HOST/...";
  return NULL;
}

static const char *
take_nbd_parts (const struct uri_parts *p, bool unix_socket,
                struct image_location *l)
{
  const char *wrong = NULL;

  if (p->user) {
    if (memchr (p->user, ':', (size_t) (p->user_end - p->user)))
      return "NBD knows no passwords; users have certificates (tls-certificates=) "
             "or keys in a file (tls-psk-file=)";
    wrong = uri_decode (p->user, p->user_end, URI_VALUE_MAX, &l->user);
    if (!wrong && (!*l->user || strchr (l->user, ':')))
      wrong = "the user in front of the \"@\" is no name";
  }
  if (!wrong && unix_socket && p->host != p->host_end)
    return "a unix socket has no host: write nbd+unix:///NAME?socket=PATH";
  if (!wrong && !unix_socket)
    wrong = uri_take_host (p, &l->host, &l->port);
  if (!wrong && !unix_socket && !l->port
      && !(l->port = strdup (NBD_PORT)))
    wrong = "out of memory";
  if (wrong)
    return wrong;
  wrong = uri_decode (p->path + (p->path < p->path_end), p->path_end,
                  IMAGE_EXPORT_MAX, &l->export);
  return wrong;
}

/* -- Names ---------------------------------------------------------------- */

/* The last part of PATH, printable; what is too long loses its beginning. */
static void
take_name (struct image_location *l, const char *path)
{
  size_t len = strlen (path);
  const char *start;

  while (len > 1 && path[len - 1] == '/')
    len--;
  start = path + len;
  while (start > path && start[-1] != '/'
         && (size_t) (path + len - start) < sizeof l->name - 1)
    start--;
  memcpy (l->name, start, (size_t) (path + len - start));
  l->name[path + len - start] = '\0';
  if (!*terminal_text_clean (l->name))
    strcpy (l->name, "image");
}

static int
show_nbd (struct image_location *l)
{
  const bool is_address = l->host && strchr (l->host, ':');
  const bool usual = l->port && strcmp (l->port, NBD_PORT) == 0;
  int n;

  if (l->socket)
    n = asprintf (&l->server, "the socket %s", l->socket);
  else
    n = asprintf (&l->server, "nbd%s://%s%s%s%s%s", l->tls ? "s" : "",
                  is_address ? "[" : "", l->host, is_address ? "]" : "",
                  usual ? "" : ":", usual ? "" : l->port);
  if (n == -1) {
    l->server = NULL;
    return refuse_memory ();
  }
  if (l->socket)
    n = asprintf (&l->shown, "%s%s%s", l->export, *l->export ? " on " : "",
                  l->server);
  else
    n = asprintf (&l->shown, "%s/%s", l->server, l->export);
  if (n == -1) {
    l->shown = NULL;
    return refuse_memory ();
  }
  terminal_text_clean (l->server);
  terminal_text_clean (l->shown);
  take_name (l, *l->export ? l->export : l->host ? l->host : l->socket);
  return 0;
}

/* -- The web -------------------------------------------------------------- */

/* The URL goes to curl as it is, so it must be one without doubt. */
static const char *
check_web (const struct uri_parts *p, struct image_location *l)
{
  for (const char *c = p->host; c < p->end; c++)
    if (*c <= ' ' || *c > '~' || strchr ("\"<>\\^`{|}", *c))
      return "a web address has no blanks, quotes, control characters and such; "
             "they are written as percent escapes";
  if (p->user)
    return "a user or a password in a web address would be seen by everybody on "
           "this machine.\nLet nbdkit read it from a file, and give its socket: "
           "nbdkit -r -U /run/user/ID/image curl url=URL user=NAME "
           "password=+FILE, then nbd+unix:///?socket=/run/user/ID/image";
  if (p->path_end - p->path < 2)
    return "no file is named on the web server";
  return uri_take_host (p, &l->host, &l->port);
}

static int
take_web (const char *text, size_t scheme, const struct uri_parts *p,
          struct image_location *l)
{
  CLEANUP_FREE char *path = NULL;
  const char *wrong = check_web (p, l);
  const size_t server = (size_t) (p->host_end - p->host);

  if (!wrong)
    wrong = uri_decode (p->path, p->path_end, TEXT_MAX, &path);
  if (wrong)
    return refuse (text, wrong);
  if (asprintf (&l->server, "%.*s://%.*s", (int) scheme, text, (int) server,
                p->host) == -1) {
    l->server = NULL;
    return refuse_memory ();
  }
  if (asprintf (&l->shown, "%s%s", l->server, path) == -1) {
    l->shown = NULL;
    return refuse_memory ();
  }
  terminal_text_clean (l->shown);
  take_name (l, path);
  return 0;
}

/* -- All of it ------------------------------------------------------------ */

static int
take_file (const char *text, struct image_location *l)
{
  l->kind = IMAGE_FILE;
  l->shown = strdup (text);
  if (!l->shown)
    return refuse_memory ();
  terminal_text_clean (l->shown);
  take_name (l, text);
  return 0;
}

static int
take_uri (const char *text, size_t scheme_len, struct image_location *l)
{
  const char *rest = text + scheme_len + 3, *wrong;
  struct uri_parts parts;
  size_t i;

  for (i = 0; i < NR_SCHEMES; i++)
    if (strlen (schemes[i].name) == scheme_len
        && strncasecmp (text, schemes[i].name, scheme_len) == 0)
      break;
  if (i == NR_SCHEMES)
    return refuse (text, "images are taken from files, nbd://, nbds://, "
                   "nbd+unix://, nbds+unix://, http:// and https:// (a file of "
                   "that name is written with ./ in front)");
  if (strlen (text) > TEXT_MAX)
    return refuse (text, "it is too long");
  if (strchr (rest, '#'))
    return refuse (text, "a \"#\" in a name is written %23");
  l->kind = schemes[i].kind;
  l->tls = schemes[i].tls;
  uri_take_apart (rest, &parts);
  if (l->kind == IMAGE_WEB)
    return take_web (text, scheme_len, &parts, l);
  wrong = take_nbd_parts (&parts, schemes[i].unix_socket, l);
  if (wrong)
    return refuse (text, wrong);
  if (take_query (text, &parts, l) == -1)
    return -1;
  wrong = check_nbd (l, schemes[i].unix_socket);
  return wrong ? refuse (text, wrong) : show_nbd (l);
}

int
image_location_parse (const char *text, struct image_location *l)
{
  const size_t scheme = uri_scheme_length (text);

  memset (l, 0, sizeof *l);
  l->given = text;
  return scheme ? take_uri (text, scheme, l) : take_file (text, l);
}

void
image_location_release (struct image_location *l)
{
  char *const owned[] = {
    l->shown, l->server, l->user, l->host, l->port, l->socket, l->export,
    l->certificates, l->psk_file
  };

  for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
    free (owned[i]);
  memset (l, 0, sizeof *l);
}

char *
image_location_hide (const struct image_location *l, const char *text)
{
  const char *url = l->kind == IMAGE_WEB ? strstr (text, l->given) : NULL;
  char *hidden;

  if (!url)
    return strdup (text);
  if (asprintf (&hidden, "%.*s%s%s", (int) (url - text), text, l->shown,
                url + strlen (l->given)) == -1)
    return NULL;
  return hidden;
}
