/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "image-table.h"
#include "report-capture.h"
#include "report.h"

struct entry
{
  struct served_image served;   /* constant, once OPENED */
  char *name;                   /* served.name */
  dev_t dev;                    /* these four are the key, constant */
  ino_t ino;
  off_t size;
  struct timespec mtime;
  int fd;                       /* to see whether the file still has a name */

  /* The table's lock guards these. */
  bool opened;
  bool promised;
  unsigned users;
  uint64_t last_used;
  struct entry *next;
};

struct image_table
{
  struct image_options options; /* constant */
  pthread_mutex_t lock;         /* guards the rest */
  pthread_cond_t opened;
  struct entry *entries;
  uint64_t clock;               /* counts uses */
  bool cancelled;
};

struct image_table *
image_table_new (const struct image_options *options)
{
  struct image_table *table = calloc (1, sizeof *table);

  if (!table) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return NULL;
  }
  table->options = *options;
  pthread_mutex_init (&table->lock, NULL);
  pthread_cond_init (&table->opened, NULL);
  return table;
}

static void
free_entry (struct entry *entry)
{
  if (!entry)
    return;
  if (entry->served.im)
    image_cancel (entry->served.im);
  scan_job_free (entry->served.job);
  stored_hash_free (entry->served.hash);
  image_close (entry->served.im);
  cleanup_close (&entry->fd);
  free (entry->name);
  free (entry);
}

static void
free_entries (struct entry *entries)
{
  while (entries) {
    struct entry *next = entries->next;

    free_entry (entries);
    entries = next;
  }
}

void
image_table_free (struct image_table *table)
{
  if (!table)
    return;
  free_entries (table->entries);
  pthread_cond_destroy (&table->opened);
  pthread_mutex_destroy (&table->lock);
  free (table);
}

void
image_table_cancel (struct image_table *table)
{
  LOCK_SCOPE (&table->lock);
  table->cancelled = true;
  for (struct entry *e = table->entries; e; e = e->next)
    if (e->opened && e->served.im) {
      image_cancel (e->served.im);
      scan_job_cancel (e->served.job);
    }
}

/* -- Idle images ------------------------------------------------------------- */

/* Nobody needs it any more: it could not be opened, or nobody can ask for it
 * again because the file has no name left. */
static bool
is_useless (const struct entry *entry)
{
  struct stat st;

  return !entry->served.im || fstat (entry->fd, &st) == -1 || st.st_nlink == 0;
}

static bool
is_idle (const struct entry *entry)
{
  return entry->opened && entry->users == 0
         && !(entry->served.job && scan_job_is_running (entry->served.job));
}

/* Called with the lock held: the place of the entry to drop next, or NULL. */
static struct entry **
choose_victim (struct image_table *table)
{
  struct entry **oldest = NULL;
  unsigned idle = 0;

  for (struct entry **p = &table->entries; *p; p = &(*p)->next) {
    if (!is_idle (*p))
      continue;
    if (is_useless (*p))
      return p;
    idle++;
    if (!oldest || (*p)->last_used < (*oldest)->last_used)
      oldest = p;
  }
  return idle > IMAGE_TABLE_IDLE_MAX ? oldest : NULL;
}

/* Take what is idle for too long out of the table; to be freed without the lock,
 * which is held. */
static struct entry *
take_victims (struct image_table *table)
{
  struct entry *victims = NULL, **p;

  while ((p = choose_victim (table)) != NULL) {
    struct entry *victim = *p;

    *p = victim->next;
    victim->next = victims;
    victims = victim;
  }
  return victims;
}

/* -- Getting and putting ------------------------------------------------------- */

/* Called with the lock held. */
static struct entry *
find_entry (struct image_table *table, const struct stat *st)
{
  for (struct entry *e = table->entries; e; e = e->next)
    if (e->dev == st->st_dev && e->ino == st->st_ino && e->size == st->st_size
        && e->mtime.tv_sec == st->st_mtim.tv_sec
        && e->mtime.tv_nsec == st->st_mtim.tv_nsec)
      return e;
  return NULL;
}

/* Called with the lock held. */
static struct served_image *
use_entry (struct image_table *table, struct entry *entry)
{
  entry->users++;
  while (!entry->opened)
    pthread_cond_wait (&table->opened, &table->lock);
  entry->last_used = ++table->clock;
  return &entry->served;
}

/* An entry in use, in no table.  FD: a copy of it is kept, -1: there is none. */
static struct entry *
new_entry (int fd, const char *name)
{
  struct entry *entry = calloc (1, sizeof *entry);

  if (!entry)
    return NULL;
  entry->fd = fd == -1 ? -1 : fcntl (fd, F_DUPFD_CLOEXEC, 0);
  entry->name = strdup (name);
  if (!entry->name || (fd != -1 && entry->fd == -1)) {
    int saved = errno;
    free_entry (entry);
    errno = saved;
    return NULL;
  }
  entry->served.name = entry->name;
  entry->users = 1;
  return entry;
}

/* Called with the lock held. */
static struct entry *
add_entry (struct image_table *table, int fd, const struct stat *st,
           const char *name)
{
  struct entry *entry = new_entry (fd, name);

  if (!entry)
    return NULL;
  entry->served.modified = (int64_t) st->st_mtime;
  entry->dev = st->st_dev;
  entry->ino = st->st_ino;
  entry->size = st->st_size;
  entry->mtime = st->st_mtim;
  entry->next = table->entries;
  table->entries = entry;
  return entry;
}

/* What belongs to an image that is open: 0, or -1, reported. */
static int
equip (struct entry *entry)
{
  struct served_image *served = &entry->served;

  served->hash = stored_hash_new (served->im, entry->name);
  if (served->hash)
    served->job = scan_job_new (served->im, served->hash, entry->name);
  return served->job ? 0 : -1;
}

/* Nobody else looks at ENTRY's image until it is marked as opened. */
static void
open_entry (struct image_table *table, struct entry *entry, int fd,
            uint64_t size_hint)
{
  struct served_image *served = &entry->served;
  struct image_options options = table->options;

  options.size_hint = size_hint;
  report_capture_begin (served->error, sizeof served->error);
  served->im = image_open (fd, entry->name, &options);
  const int r = served->im ? equip (entry) : -1;
  report_capture_end ();
  if (r == 0)
    return;
  served->errnum = errno;
  stored_hash_free (served->hash);
  served->hash = NULL;
  image_close (served->im);
  served->im = NULL;
}

static void
mark_opened (struct image_table *table, struct entry *entry)
{
  LOCK_SCOPE (&table->lock);
  entry->opened = true;
  entry->last_used = ++table->clock;
  if (table->cancelled && entry->served.im) {
    image_cancel (entry->served.im);
    scan_job_cancel (entry->served.job);
  }
  pthread_cond_broadcast (&table->opened);
}

/* For lack of memory or descriptors an image is not to blame. */
static bool
is_shortage (int errnum)
{
  return errnum == ENOMEM || errnum == EMFILE || errnum == ENFILE;
}

static struct served_image *
refuse (const char *name, int errnum)
{
  report_error (ERROR_IMAGE_UNREADABLE, "%s: %s", name, strerror (errnum));
  errno = errnum;
  return NULL;
}

/* *ENTRY: to be opened by the caller; else the result is there already. */
static struct served_image *
find_or_add (struct image_table *table, int fd, const struct stat *st,
             const char *name, struct entry **entry)
{
  struct entry *found;

  *entry = NULL;
  LOCK_SCOPE (&table->lock);
  if (table->cancelled)
    return refuse (name, ESHUTDOWN);
  found = find_entry (table, st);
  if (found)
    return use_entry (table, found);
  *entry = add_entry (table, fd, st, name);
  return *entry ? NULL : refuse (name, errno);
}

struct served_image *
image_table_get (struct image_table *table, int fd, const char *name,
                 uint64_t size_hint)
{
  CLEANUP_CLOSE int owned = fd;
  struct served_image *served;
  struct entry *entry;
  struct stat st;

  if (fstat (fd, &st) == -1)
    return refuse (name, errno);
  served = find_or_add (table, fd, &st, name, &entry);
  if (!served && !entry)
    return NULL;
  if (entry) {
    owned = -1;
    open_entry (table, entry, fd, size_hint);
    mark_opened (table, entry);
    served = &entry->served;
  }
  if (!served->im && is_shortage (served->errnum)) {
    int errnum = served->errnum;
    image_table_put (table, served);
    return refuse (name, errnum);
  }
  return served;
}

struct served_image *
image_table_add (struct image_table *table, struct image *im, const char *name)
{
  struct entry *entry = new_entry (-1, name);

  if (!entry) {
    image_close (im);
    return refuse (name, ENOMEM);
  }
  entry->served.im = im;
  if (equip (entry) == -1) {
    free_entry (entry);
    return NULL;
  }
  {
    LOCK_SCOPE (&table->lock);
    entry->next = table->entries;
    table->entries = entry;
  }
  mark_opened (table, entry);
  return &entry->served;
}

struct served_image *
image_table_find (struct image_table *table, int fd)
{
  struct entry *found;
  struct stat st;

  if (fstat (fd, &st) == -1)
    return NULL;
  LOCK_SCOPE (&table->lock);
  found = find_entry (table, &st);
  return found ? use_entry (table, found) : NULL;
}

void
image_table_put (struct image_table *table, struct served_image *served)
{
  /* SERVED is the first member of its entry. */
  struct entry *entry = (struct entry *) served;
  struct entry *victims;

  pthread_mutex_lock (&table->lock);
  entry->users--;
  victims = take_victims (table);
  pthread_mutex_unlock (&table->lock);
  free_entries (victims);
}

bool
image_table_is_scanning (struct image_table *table)
{
  LOCK_SCOPE (&table->lock);
  for (struct entry *e = table->entries; e; e = e->next)
    if (e->opened && e->served.job && scan_job_is_running (e->served.job))
      return true;
  return false;
}

void
image_table_promise_once (struct image_table *table,
                          struct served_image *served,
                          void (*promise) (void *opaque, struct image *im),
                          void *opaque)
{
  struct entry *entry = (struct entry *) served;

  LOCK_SCOPE (&table->lock);
  if (!entry->promised)
    promise (opaque, served->im);
  entry->promised = true;
}
