/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libssh/libssh.h>

#include "authorized-keys.h"
#include "cleanup.h"
#include "file-io.h"
#include "report.h"
#include "ssh-config.h"

#define FILE_SIZE_MAX 65536
#define BLANKS " \t"

/* Whether BASE64 is a key of TYPE, whose name comes first inside of it: what libssh
 * has read must be written in the same way again. */
static bool
is_key_of_type (const char *base64, enum ssh_keytypes_e type)
{
  ssh_key key = NULL;
  char *again = NULL;
  bool same = ssh_pki_import_pubkey_base64 (base64, type, &key) == SSH_OK
              && ssh_pki_export_pubkey_base64 (key, &again) == SSH_OK
              && strcmp (base64, again) == 0;

  ssh_key_free (key);
  ssh_string_free_char (again);
  return same;
}

const char *
authorized_key_fault (const char *line)
{
  const size_t type_len = strcspn (line, BLANKS);
  const char *rest = line + type_len + strspn (line + type_len, BLANKS);
  CLEANUP_FREE char *type = strndup (line, type_len);
  CLEANUP_FREE char *base64 = strndup (rest, strcspn (rest, BLANKS));
  enum ssh_keytypes_e kind;

  if (!type || !base64)
    return "out of memory";
  if (strlen (line) > AUTHORIZED_KEY_LENGTH_MAX)
    return "it is too long";
  if (strstr (line, "PRIVATE KEY"))
    return "this is a private key; the public one is needed";
  if (strstr (type, "-cert-v"))
    return "this is a certificate; the public key is needed";
  kind = ssh_key_type_from_name (type);
  if (kind == SSH_KEYTYPE_UNKNOWN)
    return "it does not begin with a type of public keys, as ssh-ed25519";
  return is_key_of_type (base64, kind) ? NULL
         : "what follows the type is not a whole key of it";
}

int
authorized_keys_add (struct authorized_keys *keys, const char *line,
                     const char *where)
{
  const char *fault = authorized_key_fault (line);

  if (fault) {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s: no public key of ssh: %s", where, fault);
    return -1;
  }
  for (size_t i = 0; i < keys->nr; i++)
    if (strcmp (keys->lines[i], line) == 0)
      return 0;
  if (keys->nr == AUTHORIZED_KEYS_MAX) {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s: more than %d public keys", where, AUTHORIZED_KEYS_MAX);
    return -1;
  }
  keys->lines[keys->nr] = strdup (line);
  if (!keys->lines[keys->nr]) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  keys->nr++;
  return 0;
}

/* -- Files ---------------------------------------------------------------- */

/* The text of PATH; NULL with errno. */
static char *
read_text (const char *path)
{
  /* O_NONBLOCK: a FIFO of that name must not make us wait. */
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  CLEANUP_FREE char *text = NULL;
  struct stat st;
  ssize_t n;

  if (fd == -1 || fstat (fd, &st) == -1)
    return NULL;
  if (!S_ISREG (st.st_mode) || st.st_size > FILE_SIZE_MAX) {
    errno = S_ISREG (st.st_mode) ? EFBIG : EINVAL;
    return NULL;
  }
  text = malloc (FILE_SIZE_MAX + 1);
  n = text ? full_read (fd, text, FILE_SIZE_MAX) : -1;
  if (n == -1)
    return NULL;
  text[n] = '\0';
  char *result = text;
  text = NULL;
  return result;
}

/* LINE without what surrounds it; "" for a comment. */
static char *
trim (char *line)
{
  line += strspn (line, BLANKS);
  for (size_t n = strlen (line); n > 0 && strchr (BLANKS "\r", line[n - 1]); n--)
    line[n - 1] = '\0';
  return *line == '#' ? line + strlen (line) : line;
}

/* A name is shown to a person, and its comment comes into a file of the board. */
static bool
is_printable (const char *line)
{
  for (; *line; line++)
    if (((unsigned char) *line < ' ' && *line != '\t') || *line == 0x7f)
      return false;
  return true;
}

/* One LINE of a file: 1 if it is a key, 0 if it is none, which only LEAVE_OUT
 * allows of more than a comment; -1 after a report. */
static int
add_line (struct authorized_keys *keys, const char *line, const char *where,
          bool leave_out)
{
  const bool printable = is_printable (line);

  if (*line == '\0')
    return 0;
  if (leave_out && (!printable || authorized_key_fault (line)))
    return 0;
  if (!printable) {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s: there is a control character in it", where);
    return -1;
  }
  return authorized_keys_add (keys, line, where) == -1 ? -1 : 1;
}

/* The number of keys in TEXT, or -1 after a report. */
static int
add_lines (struct authorized_keys *keys, char *text, const char *where,
           bool leave_out)
{
  char *rest = NULL;
  int nr = 0;

  for (char *line = strtok_r (text, "\n", &rest); line;
       line = strtok_r (NULL, "\n", &rest)) {
    const int r = add_line (keys, trim (line), where, leave_out);

    if (r == -1)
      return -1;
    nr += r;
  }
  return nr;
}

/* PATH with the home for "~/"; NULL: no memory. */
static char *
expand_home (const char *path)
{
  const char *home = ssh_config_home ();
  char *full = NULL;

  if (strncmp (path, "~/", 2) != 0 || !home)
    return strdup (path);
  return asprintf (&full, "%s%s", home, path + 1) == -1 ? NULL : full;
}

int
authorized_keys_add_file (struct authorized_keys *keys, const char *path,
                          const char *where)
{
  CLEANUP_FREE char *full = expand_home (path);
  CLEANUP_FREE char *text = full ? read_text (full) : NULL;
  CLEANUP_FREE char *place = NULL;
  int nr;

  if (!text) {
    report_error (ERROR_FIRST_BOOT_SETTING,
                  "%s: %s: %s", where, path, errno == EINVAL ? "not a file"
                                                             : strerror (errno));
    return -1;
  }
  if (asprintf (&place, "%s: %s", where, path) == -1) {
    place = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  nr = add_lines (keys, text, place, false);
  if (nr == 0)
    report_error (ERROR_FIRST_BOOT_SETTING, "%s: there is no public key in it", place);
  return nr > 0 ? 0 : -1;
}

int
authorized_keys_add_own (struct authorized_keys *keys, const char *where)
{
  CLEANUP_FREE char *pattern = expand_home ("~/.ssh/*.pub");
  glob_t found;
  bool good = true;

  if (!pattern) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  if (glob (pattern, 0, NULL, &found) != 0)
    return 0;                   /* there are none */
  for (size_t i = 0; i < found.gl_pathc && good; i++) {
    CLEANUP_FREE char *text = read_text (found.gl_pathv[i]);

    good = !text || add_lines (keys, text, where, true) != -1;
  }
  globfree (&found);
  return good ? 0 : -1;
}

void
authorized_keys_release (struct authorized_keys *keys)
{
  for (size_t i = 0; i < keys->nr; i++)
    free (keys->lines[i]);
  keys->nr = 0;
}
