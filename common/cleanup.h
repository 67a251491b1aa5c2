/* SPDX-License-Identifier: MIT */
/* Locals that release what they hold when their scope ends.  Hand over by
 * setting the local to NULL (or -1). */

#ifndef FLASHIMAGE_CLEANUP_H
#define FLASHIMAGE_CLEANUP_H

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
cleanup_free (void *p)
{
  free (*(void **) p);
}

static inline void
cleanup_close (int *fd)
{
  if (*fd >= 0)
    close (*fd);
}

static inline void
cleanup_unlock (pthread_mutex_t **lock)
{
  if (*lock)
    pthread_mutex_unlock (*lock);
}

#define CLEANUP_FREE __attribute__ ((__cleanup__ (cleanup_free)))
#define CLEANUP_CLOSE __attribute__ ((__cleanup__ (cleanup_close)))
/* Hold LOCK until the end of the scope. */
#define LOCK_SCOPE_(lock, line)                                           \
  __attribute__ ((__cleanup__ (cleanup_unlock), __unused__))              \
  pthread_mutex_t *scope_lock_##line = (pthread_mutex_lock (lock), (lock))
#define LOCK_SCOPE__(lock, line) LOCK_SCOPE_ (lock, line)
#define LOCK_SCOPE(lock) LOCK_SCOPE__ (lock, __LINE__)

#endif
