/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "messages.h"
#include "report.h"
#include "ssh-config-keywords.h"
#include "ssh-config-lines.h"
#include "ssh-config-match.h"
#include "ssh-config-resolved.h"

#define INCLUDE_DEPTH_MAX 16

const char *
ssh_config_home (void)
{
  const char *home = getenv ("HOME");
  const struct passwd *pw;

  if (home && *home == '/')
    return home;
  pw = getpwuid (getuid ());
  return pw && pw->pw_dir ? pw->pw_dir : "/";
}

const char *
config_local_user (void)
{
  const struct passwd *pw = getpwuid (getuid ());
  const char *name = getenv ("LOGNAME");

  return pw && pw->pw_name ? pw->pw_name : name ? name : "root";
}

char *
config_next_word (char **cursor)
{
  char *p = *cursor + strspn (*cursor, " \t\r\n\f"), *word, *out;

  if (!*p || *p == '#') {
    *cursor = p + strlen (p);
    return NULL;
  }
  word = out = p;
  for (char quote = 0; *p; p++) {
    if (quote ? *p == quote : *p == '"')
      quote = quote ? 0 : *p;
    else if (!quote && isspace ((unsigned char) *p))
      break;
    else
      *out++ = *p;
  }
  if (*p)
    p++;
  *out = '\0';
  *cursor = p;
  return word;
}

/* Everything behind the keyword, without the blanks around it. */
static char *
copy_rest (const char *rest)
{
  size_t len;

  rest += strspn (rest, " \t");
  len = strlen (rest);
  while (len > 0 && isspace ((unsigned char) rest[len - 1]))
    len--;
  return strndup (rest, len);
}

static int
no_memory (void)
{
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

static int
add_file (char *list[], size_t *nr, const char *path)
{
  if (*nr == SSH_CONFIG_LIST_MAX)
    return 0;
  list[*nr] = strdup (path);
  return list[(*nr)++] ? 0 : no_memory ();
}

static int
take_value (struct config_lines *r, enum config_keyword keyword, const char *name, char *rest)
{
  char *word;

  if (keyword == KEY_IDENTITY_FILE || keyword == KEY_CERTIFICATE_FILE) {
    word = config_next_word (&rest);
    return !word ? 0 : keyword == KEY_IDENTITY_FILE
           ? add_file (r->identities, &r->nr_identities, word)
           : add_file (r->certificates, &r->nr_certificates, word);
  }
  if (r->values[keyword])
    return 0;
  if (keyword == KEY_PROXY) {
    r->proxy_keyword = strdup (name);
    if (!r->proxy_keyword)
      return no_memory ();
  }
  if (keyword == KEY_PROXY || keyword == KEY_REKEY_LIMIT
      || keyword == KEY_KNOWN_HOSTS || keyword == KEY_GLOBAL_KNOWN_HOSTS)
    r->values[keyword] = copy_rest (rest);      /* several words */
  else {
    word = config_next_word (&rest);
    r->values[keyword] = strdup (word ? word : "");
  }
  return r->values[keyword] ? 0 : no_memory ();
}

static int read_file (struct config_lines *r, const char *path, bool system,
                      unsigned depth, bool *active, bool must_exist);

static int
include_files (struct config_lines *r, char *rest, bool system, unsigned depth,
               bool active)
{
  char *word;
  int result = 0;

  while (active && result == 0 && (word = config_next_word (&rest)) != NULL) {
    CLEANUP_FREE char *path = NULL;
    glob_t found;
    int n;

    if (*word == '/')
      n = asprintf (&path, "%s", word);
    else if (*word == '~' && word[1] == '/')
      n = asprintf (&path, "%s%s", ssh_config_home (), word + 1);
    else if (system)
      n = asprintf (&path, SYSTEM_CONFIG_DIR "/%s", word);
    else
      n = asprintf (&path, "%s/.ssh/%s", ssh_config_home (), word);
    if (n == -1) {
      path = NULL;
      return no_memory ();
    }
    if (glob (path, GLOB_TILDE, NULL, &found) != 0)
      continue;
    for (size_t i = 0; i < found.gl_pathc && result == 0; i++) {
      bool included_active = true;
      result = read_file (r, found.gl_pathv[i], system, depth + 1,
                          &included_active, false);
    }
    globfree (&found);
  }
  return result;
}

/* LINE is changed.  PLACE names it in messages; ACTIVE says whether the block
 * that it stands in applies. */
static int
read_line (struct config_lines *r, char *line, const char *place, bool system,
           unsigned depth, bool *active)
{
  char *cursor = line, *rest, *name;
  enum config_keyword keyword;

  line += strspn (line, " \t\r\n\f");
  if (!*line || *line == '#')
    return 0;
  /* "Key value", "Key=value", "Key = value" */
  name = line;
  cursor = line + strcspn (line, " \t=\r\n");
  rest = cursor + strspn (cursor, " \t\r\n");
  if (*rest == '=')
    rest++;
  if (*cursor)
    *cursor = '\0';

  keyword = config_keyword_find (name);
  switch (keyword) {
  case KEY_HOST:
    *active = config_match_patterns (r->alias, &rest, "");
    return 0;
  case KEY_MATCH:
    *active = config_match_criteria (r, &rest, place);
    return 0;
  case KEY_INCLUDE:
    return include_files (r, rest, system, depth, *active);
  case KEY_NOT_FOR_US:
    return 0;
  case KEY_UNSUPPORTED:
    return *active ? config_keyword_judge (name, rest, place) : 0;
  case KEY_UNKNOWN:
    if (*active)
      message_detail ("%s: \"%s\" is not known and ignored", place, name);
    return 0;
  default:
    return *active ? take_value (r, keyword, name, rest) : 0;
  }
}

static int
read_file (struct config_lines *r, const char *path, bool system, unsigned depth,
           bool *active, bool must_exist)
{
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  unsigned number = 0;
  int result = 0;
  FILE *f;

  if (depth > INCLUDE_DEPTH_MAX) {
    report_error (ERROR_SSH_CONFIG_INVALID,
                  "%s: Include goes deeper than %d files", path,
                  INCLUDE_DEPTH_MAX);
    return -1;
  }
  f = fopen (path, "re");
  if (!f) {
    if (!must_exist)
      return 0;
    report_error (ERROR_SSH_CONFIG_INVALID, "%s: %s", path, strerror (errno));
    return -1;
  }
  while (result == 0 && getline (&line, &size, f) != -1) {
    char place[512];
    snprintf (place, sizeof place, "%s, line %u", path, ++number);
    result = read_line (r, line, place, system, depth, active);
  }
  fclose (f);
  return result;
}

int
config_lines_take (struct config_lines *r, char *line, const char *place)
{
  bool active = true;

  return read_line (r, line, place, false, 0, &active);
}

static int
read_settings (struct config_lines *r, const struct options *o)
{
  for (size_t i = 0; i < o->nr_settings; i++) {
    CLEANUP_FREE char *line = strdup (o->settings[i]);
    char name[64];
    enum config_keyword keyword;

    if (!line)
      return no_memory ();
    snprintf (name, sizeof name, "%.*s",
              (int) strcspn (line, " \t="), line);
    keyword = config_keyword_find (name);
    if (keyword == KEY_UNKNOWN)
      message_warning ("-o %s: this setting is not supported and ignored", name);
    if (keyword == KEY_HOST || keyword == KEY_MATCH || keyword == KEY_INCLUDE
        || strpbrk (line, "\r\n") || !line[strcspn (line, " \t=")]) {
      report_error (ERROR_SSH_CONFIG_INVALID,
                    "-o %s: KEY=VALUE of one setting is needed", o->settings[i]);
      return -1;
    }
    if (config_lines_take (r, line, "-o") == -1)
      return -1;
  }
  return 0;
}

static int
read_files (struct config_lines *r, const struct options *o)
{
  CLEANUP_FREE char *user_file = NULL;
  bool active = true;

  if (o->config_file && strcmp (o->config_file, "none") == 0)
    return 0;
  if (o->config_file)
    return read_file (r, o->config_file, false, 0, &active, true);

  if (asprintf (&user_file, "%s/.ssh/config", ssh_config_home ()) == -1) {
    user_file = NULL;
    return no_memory ();
  }
  if (read_file (r, user_file, false, 0, &active, false) == -1)
    return -1;
  active = true;
  return read_file (r, SYSTEM_CONFIG_DIR "/ssh_config", true, 0, &active, false);
}

int
config_lines_read (struct config_lines *r, const struct options *o)
{
  memset (r, 0, sizeof *r);
  r->alias = o->host;
  r->user = o->user;
  if (o->transport == TRANSPORT_OPENSSH)
    return config_resolved_read (r, o);
  if (o->transport == TRANSPORT_LOCAL)
    return 0;
  for (size_t i = 0; i < o->nr_identities; i++)
    if (add_file (r->identities, &r->nr_identities, o->identities[i]) == -1)
      return -1;
  if (read_settings (r, o) == -1)
    return -1;
  return read_files (r, o);
}

void
config_lines_release (struct config_lines *r)
{
  for (size_t i = 0; i < NR_KEYWORDS; i++)
    free (r->values[i]);
  for (size_t i = 0; i < r->nr_identities; i++)
    free (r->identities[i]);
  for (size_t i = 0; i < r->nr_certificates; i++)
    free (r->certificates[i]);
  free (r->proxy_keyword);
}
