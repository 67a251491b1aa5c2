/* SPDX-License-Identifier: MIT */
/* Threads that work behind the back of a program which owns the signals. */

#ifndef FLASHIMAGE_WORKER_THREAD_H
#define FLASHIMAGE_WORKER_THREAD_H

#include <pthread.h>

struct fault;

/* Start RUN (OPAQUE) in a joinable thread that takes no signals: 0, or -1 with
 * FAULT set. */
int worker_thread_start (pthread_t *thread, void *(*run) (void *), void *opaque,
                         struct fault *fault);

#endif
