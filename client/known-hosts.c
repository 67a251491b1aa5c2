/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "file-io.h"
#include "known-hosts-hash.h"
#include "known-hosts.h"
#include "messages.h"
#include "report.h"

/* libssh's own check sees one file only, skips @revoked lines, and takes every
 * key once StrictHostKeyChecking is off.  It still parses the lines. */

#define DEFAULT_PORT 22

char *
known_hosts_name (const struct ssh_config *c)
{
  char *name;
  int n;

  if (c->host_key_alias)
    n = asprintf (&name, "%s", c->host_key_alias);
  else if (c->port == DEFAULT_PORT)
    n = asprintf (&name, "%s", c->host);
  else
    n = asprintf (&name, "[%s]:%u", c->host, c->port);
  if (n == -1)
    return NULL;
  for (char *p = name; *p; p++)
    *p = (char) tolower ((unsigned char) *p);
  return name;
}

/* libssh ends at the first pattern that matches and so lets "*,!host" match
 * host: whether a negated pattern of LINE names NAME. */
static bool
is_excluded (const char *name, const char *line)
{
  size_t len = strcspn (line, " ");
  CLEANUP_FREE char *patterns = strndup (line, len);
  char *rest = patterns, *pattern;

  if (!patterns)
    return true;
  if (*patterns == '|')                 /* hashed */
    return false;
  while ((pattern = strsep (&rest, ",")) != NULL)
    if (*pattern == '!' && ssh_config_match (name, pattern + 1))
      return true;
  return false;
}

/* The key of LINE if the line is about NAME, else NULL. */
static ssh_key
key_of_line (const char *name, const char *line)
{
  struct ssh_knownhosts_entry *entry = NULL;
  ssh_key key;

  if (is_excluded (name, line)
      || ssh_known_hosts_parse_line (name, line, &entry) != SSH_OK)
    return NULL;
  key = entry->publickey;
  entry->publickey = NULL;
  ssh_knownhosts_entry_free (entry);
  return key;
}

enum line_mark { MARK_NONE, MARK_REVOKED, MARK_AUTHORITY, MARK_OTHER };

/* Prepare LINE for libssh, which knows single blanks and no marks: returns its
 * first pattern, or NULL for a line without a key. */
static char *
clean_line (char *line, enum line_mark *mark)
{
  *mark = MARK_NONE;
  line[strcspn (line, "\r\n")] = '\0';
  for (char *p = line; *p; p++)
    if (*p == '\t')
      *p = ' ';
  line += strspn (line, " ");
  if (*line == '@') {
    *mark = strncmp (line, "@revoked ", 9) == 0 ? MARK_REVOKED
            : strncmp (line, "@cert-authority ", 16) == 0 ? MARK_AUTHORITY
            : MARK_OTHER;
    line += strcspn (line, " ");
    line += strspn (line, " ");
  }
  return *line && *line != '#' ? line : NULL;
}

bool
known_hosts_line_is_of (const char *line, size_t len, const char *name)
{
  CLEANUP_FREE char *copy = strndup (line, len);
  enum line_mark mark;
  char *start = copy ? clean_line (copy, &mark) : NULL;
  ssh_key key = start && mark == MARK_NONE ? key_of_line (name, start) : NULL;

  ssh_key_free (key);
  return key != NULL;
}

/* Called for every key that FILES know of the host.  Nonzero ends the walk. */
typedef int (*known_key_fn) (void *opaque, ssh_key key, enum line_mark mark,
                             const char *file, unsigned line);

static int
walk_file (const char *path, const char *name, known_key_fn fn, void *opaque)
{
  CLEANUP_FREE char *line = NULL;
  size_t size = 0;
  unsigned number = 0;
  int result = 0;
  FILE *f = fopen (path, "re");

  if (!f) {
    if (errno != ENOENT && errno != ENOTDIR)
      message_warning ("%s: %s", path, strerror (errno));
    return 0;
  }
  while (result == 0 && getline (&line, &size, f) != -1) {
    enum line_mark mark;
    char *start = clean_line (line, &mark);
    ssh_key key = start && mark != MARK_OTHER ? key_of_line (name, start) : NULL;

    number++;
    if (key)
      result = fn (opaque, key, mark, path, number);
    ssh_key_free (key);
  }
  fclose (f);
  return result;
}

static int
walk (const struct ssh_config *c, const char *name, known_key_fn fn,
      void *opaque)
{
  int result = 0;

  for (size_t i = 0; c->known_hosts[i] && result == 0; i++)
    result = walk_file (c->known_hosts[i], name, fn, opaque);
  for (size_t i = 0; c->global_known_hosts[i] && result == 0; i++)
    result = walk_file (c->global_known_hosts[i], name, fn, opaque);
  return result;
}

struct check
{
  ssh_key shown;
  enum known_host result;
  bool same_type;               /* PLACE is a line with a key of this type */
  char *place;
  size_t place_size;
};

static int
check_key (void *opaque, ssh_key key, enum line_mark mark,
           const char *file, unsigned line)
{
  struct check *check = opaque;
  bool same = mark != MARK_AUTHORITY
              && ssh_key_cmp (check->shown, key, SSH_KEY_CMP_PUBLIC) == 0;
  bool same_type = ssh_key_type (check->shown) == ssh_key_type (key);

  if (mark == MARK_AUTHORITY && check->result == KNOWN_HOST_NEW)
    check->result = KNOWN_HOST_BY_AUTHORITY;
  if (mark == MARK_AUTHORITY || (mark == MARK_REVOKED && !same))
    return 0;
  if (check->result == KNOWN_HOST_SAME && mark != MARK_REVOKED)
    return 0;
  if (same || !*check->place || (same_type && !check->same_type)) {
    snprintf (check->place, check->place_size, "%s, line %u", file, line);
    check->same_type = same_type;
  }
  check->result = mark == MARK_REVOKED ? KNOWN_HOST_REVOKED
                  : same ? KNOWN_HOST_SAME : KNOWN_HOST_CHANGED;
  return mark == MARK_REVOKED;          /* the last word */
}

enum known_host
known_hosts_check (const struct ssh_config *c, ssh_key key,
                   char *place, size_t place_size)
{
  CLEANUP_FREE char *name = known_hosts_name (c);
  struct check check = { .shown = key, .result = KNOWN_HOST_NEW,
                         .place = place, .place_size = place_size };

  *place = '\0';
  if (!name) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return KNOWN_HOST_ERROR;
  }
  walk (c, name, check_key, &check);
  return check.result;
}

/* -- Algorithms ----------------------------------------------------------- */

static const struct { enum ssh_keytypes_e type; const char *algorithms; }
algorithms[] = {
  { SSH_KEYTYPE_ED25519, "ssh-ed25519" },
  { SSH_KEYTYPE_ECDSA_P521, "ecdsa-sha2-nistp521" },
  { SSH_KEYTYPE_ECDSA_P384, "ecdsa-sha2-nistp384" },
  { SSH_KEYTYPE_ECDSA_P256, "ecdsa-sha2-nistp256" },
  { SSH_KEYTYPE_RSA, "rsa-sha2-512,rsa-sha2-256" },
};
#define NR_ALGORITHMS (sizeof algorithms / sizeof *algorithms)

static int
note_type (void *opaque, ssh_key key, enum line_mark mark,
           const char *file, unsigned line)
{
  bool *known = opaque;

  (void) file;
  (void) line;
  for (size_t i = 0; i < NR_ALGORITHMS; i++)
    if (mark == MARK_NONE && ssh_key_type (key) == algorithms[i].type)
      known[i] = true;
  return 0;
}

char *
known_hosts_algorithms (const struct ssh_config *c)
{
  CLEANUP_FREE char *name = known_hosts_name (c);
  bool known[NR_ALGORITHMS] = { false };
  char *list = calloc (1, 256), *end = list;

  if (!name || !list) {
    free (list);
    return NULL;
  }
  walk (c, name, note_type, known);
  for (int wanted = 1; wanted >= 0; wanted--)
    for (size_t i = 0; i < NR_ALGORITHMS; i++)
      if (known[i] == wanted) {
        if (end != list)
          *end++ = ',';
        end = stpcpy (end, algorithms[i].algorithms);
      }
  return list;
}

/* -- Adding --------------------------------------------------------------- */

static int
make_parent (const char *path)
{
  CLEANUP_FREE char *dir = strdup (path);
  char *slash = dir ? strrchr (dir, '/') : NULL;

  if (!slash || slash == dir)
    return 0;
  *slash = '\0';
  return mkdir (dir, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

/* A file whose last line has no newline must get one first. */
static bool
lacks_newline (int fd)
{
  off_t end = lseek (fd, 0, SEEK_END);
  char last;

  return end > 0 && full_pread (fd, &last, 1, (uint64_t) end - 1) == 1
         && last != '\n';
}

/* The line for the host NAME, to be freed; NULL: no memory. */
static char *
make_line (const struct ssh_config *c, const char *name, const char *type,
           const char *base64)
{
  char *line, *hashed = NULL;

  if (asprintf (&line, "%s %s %s\n", name, type, base64) == -1)
    return NULL;
  if (c->hash_known_hosts)
    hashed = known_hosts_hash (line);
  if (!hashed)
    return line;
  free (line);
  return hashed;
}

int
known_hosts_add (const struct ssh_config *c, ssh_key key)
{
  const char *path = c->known_hosts[0];
  CLEANUP_FREE char *name = known_hosts_name (c);
  CLEANUP_FREE char *line = NULL;
  char *base64 = NULL;
  int fd, result;

  if (!path)
    return 0;                   /* UserKnownHostsFile none */
  if (!name || ssh_pki_export_pubkey_base64 (key, &base64) != SSH_OK) {
    report_error (ERROR_KNOWN_HOSTS, "%s: cannot add the host key", path);
    return -1;
  }
  line = make_line (c, name, ssh_key_type_to_char (ssh_key_type (key)), base64);
  ssh_string_free_char (base64);
  fd = -1;
  if (line && make_parent (path) == 0)
    fd = open (path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  result = fd == -1 || (lacks_newline (fd) && full_write (fd, "\n", 1) == -1) ? -1
           : full_write (fd, line, strlen (line));
  if (fd >= 0 && close (fd) == -1)
    result = -1;
  if (result == -1)
    report_error (ERROR_KNOWN_HOSTS,
                  "%s: cannot add the host key: %s", path, strerror (errno));
  return result;
}

char *
known_hosts_fingerprint (ssh_key key)
{
  unsigned char *hash = NULL;
  size_t len;
  char *text;

  if (ssh_get_publickey_hash (key, SSH_PUBLICKEY_HASH_SHA256, &hash, &len) != 0)
    return NULL;
  text = ssh_get_fingerprint_hash (SSH_PUBLICKEY_HASH_SHA256, hash, len);
  ssh_clean_pubkey_hash (&hash);
  return text;
}
