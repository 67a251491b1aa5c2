/* SPDX-License-Identifier: MIT */
/* Which flash-helper runs on a board: the architectures to try, best first.  A
 * 64-bit kernel under a 32-bit userland is common, and need not run programs of
 * both sizes; so what the board says is a guess, and deploy.sh proves it. */

#ifndef FLASH_HELPER_CHOICE_H
#define FLASH_HELPER_CHOICE_H

#include "flash-job.h"

#define HELPER_ARCHS_MAX 4
#define HELPER_ARCH_SIZE 32     /* of a name, with its NUL */
#define HELPER_WORDS_SIZE 256

struct helper_choice
{
  char archs[HELPER_ARCHS_MAX][HELPER_ARCH_SIZE];
  unsigned nr;
  /* Why each of them does not run on the board, in its words. */
  char words[HELPER_ARCHS_MAX][HELPER_WORDS_SIZE];
};

/* All candidates for a board that is a MACHINE (its `uname -m`) with a userland of
 * BITS (32, 64; 0: unknown).  A machine that is not known here is the only one. */
void helper_choice_guess (const char *machine, unsigned bits,
                          struct helper_choice *choice);

/* Those for JOB's board that this installation has a program for, and with
 * WITH_BUSYBOX also a busybox, should the board have none: at least one.  0, or -1
 * after a report. */
int helper_choice_make (const struct flash_job *job, bool with_busybox,
                        struct helper_choice *choice);

/* Keep the last of the board's WORDS as the reason why candidate I does not run. */
void helper_choice_note (struct helper_choice *choice, unsigned i,
                         const char *words);

/* Report that none of them runs. */
void helper_choice_report (const struct helper_choice *choice);

#endif
