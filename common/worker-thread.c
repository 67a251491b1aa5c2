/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <signal.h>
#include <string.h>

#include "fault.h"
#include "worker-thread.h"

int
worker_thread_start (pthread_t *thread, void *(*run) (void *), void *opaque,
                     struct fault *fault)
{
  sigset_t all, before;

  /* The new thread inherits the mask; so there is no moment at which it could
   * catch one of the program's signals. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  int err = pthread_create (thread, NULL, run, opaque);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  if (err != 0)
    return fault_set (fault, err, "cannot start a decoding thread: %s",
                      strerror (err));
  return 0;
}
