/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <libssh/libssh.h>

#include "cleanup.h"
#include "messages.h"
#include "report.h"
#include "session-store.h"
#include "state-folder.h"
#include "stored-session.h"

#define PROGRAM_FOLDER "flash-live-remote"
#define SESSIONS_FOLDER "sessions"
#define KEY_FILE "key"
#define PUBLIC_KEY_FILE "key.pub"
#define SESSION_FILE "session"

#define KEY_MAX 4096
#define SESSION_MAX 8192
#define ENTRIES_MAX 4096        /* looked at; more is a fault */

/* A folder that is being made or removed; a kill can leave one behind. */
#define MAKING ".making-"
#define REMOVING ".removing-"
#define UNFINISHED_AGE (60 * 60)
#define UNUSED_AGE (30L * 24 * 60 * 60)

/* -- The folder of all sessions ---------------------------------------- */

struct store
{
  char *path;
  int fd;
};

static void
store_close (struct store *store)
{
  free (store->path);
  if (store->fd >= 0)
    close (store->fd);
}

#define CLEANUP_STORE __attribute__ ((__cleanup__ (store_close)))

/* 0; 1: there is none; -1 after a report. */
static int
store_open (struct store *store, bool make)
{
  CLEANUP_FREE char *home = state_folder_home ();
  CLEANUP_CLOSE int base = -1;
  CLEANUP_CLOSE int program = -1;

  if (!home)
    return -1;
  if (asprintf (&store->path, "%s/" PROGRAM_FOLDER "/" SESSIONS_FOLDER,
                home) == -1) {
    store->path = NULL;
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  base = state_folder_open_path (home, make);
  if (base >= 0)
    program = state_folder_open (base, PROGRAM_FOLDER, make);
  if (program >= 0)
    store->fd = state_folder_open (program, SESSIONS_FOLDER, make);
  if (store->fd >= 0)
    return 0;
  if (!make && errno == ENOENT)
    return 1;
  report_error (ERROR_STATE_FOLDER,
                "%s, where the keys of flashes are kept: %s", store->path,
                errno == EPERM ? "it or the folder above is a link, or others "
                                 "own it or may write to it"
                               : strerror (errno));
  return -1;
}

/* Best effort: what cannot be removed is met again by the next call. */
static void
remove_folder (int store, const char *name)
{
  static const char *const files[] = { KEY_FILE, PUBLIC_KEY_FILE, SESSION_FILE };
  CLEANUP_CLOSE int fd = state_folder_open (store, name, false);

  for (size_t i = 0; fd >= 0 && i < sizeof files / sizeof *files; i++)
    if (unlinkat (fd, files[i], 0) == -1 && errno != ENOENT)
      message_detail ("%s/%s: %s", name, files[i], strerror (errno));
  if (unlinkat (store, name, AT_REMOVEDIR) == -1)
    message_detail ("%s: %s", name, strerror (errno));
}

/* First out of the way under another name, so that nobody finds half of it. */
static void
remove_entry (int store, const char *id)
{
  char name[sizeof REMOVING + SESSION_ID_SIZE];

  snprintf (name, sizeof name, REMOVING "%s", id);
  if (renameat (store, id, store, name) == 0)
    remove_folder (store, name);
}

/* Seconds since something in the folder was made or used. */
static time_t
age_of (int store, const char *name)
{
  struct stat st;

  if (fstatat (store, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
    return 0;
  return time (NULL) - st.st_mtime;
}

static bool
is_unfinished (const char *name)
{
  return (strncmp (name, MAKING, strlen (MAKING)) == 0
          && flash_job_is_session_id (name + strlen (MAKING)))
         || (strncmp (name, REMOVING, strlen (REMOVING)) == 0
             && flash_job_is_session_id (name + strlen (REMOVING)));
}

/* -- Making one -------------------------------------------------------- */

static void
wipe_string (char **text)
{
  if (*text) {
    explicit_bzero (*text, strlen (*text));
    ssh_string_free_char (*text);
  }
}

/* The line for authorized_keys, newline included, and the private key's text in
 * OpenSSH's format, both to be freed.  0, or -1. */
static int
make_key_pair (const char *id, char **public_line, char **private_text)
{
  ssh_key key = NULL;
  char *base64 = NULL;
  int result = -1;

  if (ssh_pki_generate (SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK
      && ssh_pki_export_privkey_base64 (key, NULL, NULL, NULL,
                                        private_text) == SSH_OK
      && ssh_pki_export_pubkey_base64 (key, &base64) == SSH_OK
      && asprintf (public_line, "ssh-ed25519 %s flash-live-remote-%s\n", base64,
                   id) != -1)
    result = 0;
  else {
    *public_line = NULL;
    report_error (ERROR_SYSTEM_FAILED, "libssh cannot make a key pair for this flash");
  }
  ssh_string_free_char (base64);
  ssh_key_free (key);
  return result;
}

static int
write_files (int folder, const char *public_key, const char *private_key,
             const char *text)
{
  if (state_folder_write (folder, KEY_FILE, private_key) == -1
      || state_folder_write (folder, PUBLIC_KEY_FILE, public_key) == -1
      || state_folder_write (folder, SESSION_FILE, text) == -1
      || fsync (folder) == -1)
    return -1;
  return 0;
}

/* The whole entry appears under its name at once, or never. */
static int
write_entry (const struct store *store, const struct stored_session *s,
             const char *private_key)
{
  CLEANUP_FREE char *text = stored_session_text (s);
  CLEANUP_CLOSE int folder = -1;
  char name[sizeof MAKING + SESSION_ID_SIZE];

  snprintf (name, sizeof name, MAKING "%s", s->id);
  if (!text)
    errno = ENOMEM;
  else if (mkdirat (store->fd, name, 0700) == 0) {
    folder = state_folder_open (store->fd, name, false);
    if (folder >= 0
        && write_files (folder, s->public_key, private_key, text) == 0
        && renameat (store->fd, name, store->fd, s->id) == 0) {
      if (fsync (store->fd) == 0)
        return 0;
      remove_entry (store->fd, s->id);
    }
    const int error = errno;
    remove_folder (store->fd, name);
    errno = error;
  }
  report_error (ERROR_STATE_FOLDER,
                "%s/%s: the key of this flash cannot be kept: %s", store->path,
                s->id, strerror (errno));
  return -1;
}

static int
describe (const struct flash_job *job, const char *host_key, const char *folder,
          struct stored_session *s)
{
  const struct options *o = job->options;

  snprintf (s->id, sizeof s->id, "%s", job->session);
  s->host = strdup (o->host);
  s->user = strdup (o->user ? o->user : "");
  s->host_key = strdup (host_key);
  s->image = strdup (job->image.name);
  s->stored_digest = strdup (job->image.integrity.digest);
  s->port = job->config->port;
  s->lifeboat_port = o->lifeboat_port;
  s->begun = (long long) time (NULL);
  if (asprintf (&s->key_path, "%s/%s/" KEY_FILE, folder, s->id) == -1)
    s->key_path = NULL;
  if (s->host && s->user && s->host_key && s->image && s->stored_digest
      && s->key_path)
    return 0;
  report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return -1;
}

int
session_store_create (const struct flash_job *job, const char *host_key,
                      struct stored_session *session)
{
  CLEANUP_STORE struct store store = { .fd = -1 };
  __attribute__ ((__cleanup__ (wipe_string))) char *private_key = NULL;

  memset (session, 0, sizeof *session);
  if (!flash_job_is_session_id (job->session)) {
    report_error (ERROR_BOARD_ANSWER, "\"%s\" is no name of a session", job->session);
    return -1;
  }
  if (store_open (&store, true) != 0)
    return -1;
  if (describe (job, host_key, store.path, session) == 0
      && make_key_pair (session->id, &session->public_key, &private_key) == 0
      && write_entry (&store, session, private_key) == 0)
    return 0;
  stored_session_release (session);
  return -1;
}

/* -- Finding them ------------------------------------------------------ */

/* Whether the private key is one that ssh would take, too. */
static int
check_key (int folder)
{
  char text[KEY_MAX];
  int result = state_folder_read (folder, KEY_FILE, true, text, sizeof text);

  explicit_bzero (text, sizeof text);
  return result;
}

static const char *
why_unreadable (int error)
{
  return error == EPERM ? "it is not this user's alone"
         : error == EFBIG || error == EINVAL ? "it is no file of this program's"
         : strerror (error);
}

/* 0, or -1 after a warning. */
static int
read_entry (const struct store *store, const char *id, struct stored_session *s)
{
  CLEANUP_CLOSE int folder = state_folder_open (store->fd, id, false);
  char text[SESSION_MAX];
  const char *what = "";

  if (folder >= 0) {
    what = "/" KEY_FILE;
    if (check_key (folder) == 0) {
      what = "/" SESSION_FILE;
      if (state_folder_read (folder, SESSION_FILE, false, text,
                             sizeof text) == 0) {
        if (stored_session_parse (text, s)
            && asprintf (&s->key_path, "%s/%s/" KEY_FILE, store->path, id) != -1) {
          snprintf (s->id, sizeof s->id, "%s", id);
          return 0;
        }
        errno = EINVAL;
      }
    }
  }
  message_warning ("%s/%s%s is left out: %s", store->path, id, what,
                   why_unreadable (errno));
  stored_session_release (s);
  return -1;
}

/* Whether A is to be tried before B. */
static bool
is_before (const struct stored_session *a, const struct stored_session *b,
           const char *host)
{
  const bool here_a = strcasecmp (a->host, host) == 0;
  const bool here_b = strcasecmp (b->host, host) == 0;

  return here_a != here_b ? here_a : a->begun > b->begun;
}

/* Put S into its place in the LIST of N; returns the new N. */
static size_t
insert (struct stored_session list[], size_t n, size_t max,
        struct stored_session *s, const char *host)
{
  size_t at = n;

  while (at > 0 && is_before (s, &list[at - 1], host))
    at--;
  if (at == max) {
    stored_session_release (s);
    return n;
  }
  if (n == max)
    stored_session_release (&list[--n]);
  memmove (&list[at + 1], &list[at], (n - at) * sizeof *list);
  list[at] = *s;
  return n + 1;
}

size_t
session_store_find (const char *host, struct stored_session list[], size_t max)
{
  CLEANUP_STORE struct store store = { .fd = -1 };
  struct dirent *entry;
  size_t n = 0;

  if (max == 0 || store_open (&store, false) != 0)
    return 0;
  DIR *dir = fdopendir (fcntl (store.fd, F_DUPFD_CLOEXEC, 0));
  for (unsigned seen = 0; dir && seen < ENTRIES_MAX
                          && (entry = readdir (dir)) != NULL; seen++) {
    struct stored_session s = { .id = "" };

    if (is_unfinished (entry->d_name)) {
      if (age_of (store.fd, entry->d_name) > UNFINISHED_AGE)
        remove_folder (store.fd, entry->d_name);
    }
    else if (!flash_job_is_session_id (entry->d_name))
      continue;
    else if (age_of (store.fd, entry->d_name) > UNUSED_AGE)
      remove_entry (store.fd, entry->d_name);
    else if (read_entry (&store, entry->d_name, &s) == 0)
      n = insert (list, n, max, &s, host);
  }
  if (dir)
    closedir (dir);
  return n;
}

void
session_store_used (const char *id)
{
  CLEANUP_STORE struct store store = { .fd = -1 };

  if (flash_job_is_session_id (id) && store_open (&store, false) == 0
      && utimensat (store.fd, id, NULL, AT_SYMLINK_NOFOLLOW) == -1
      && errno != ENOENT)
    message_detail ("%s/%s: %s", store.path, id, strerror (errno));
}

void
session_store_remove (const char *id)
{
  CLEANUP_STORE struct store store = { .fd = -1 };

  if (flash_job_is_session_id (id) && store_open (&store, false) == 0)
    remove_entry (store.fd, id);
}
