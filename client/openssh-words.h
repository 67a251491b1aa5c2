/* SPDX-License-Identifier: MIT */
/* What the system's ssh says: its words reach the person verbatim, its debug lines
 * (it runs with -v) tell what its exit status does not. */

#ifndef FLASH_OPENSSH_WORDS_H
#define FLASH_OPENSSH_WORDS_H

#include <stddef.h>

#include "board-connection.h"
#include "error-catalogue.h"

struct openssh_words
{
  int fd;                       /* nonblocking, or a file; -1: none */
  char line[1024];
  size_t len;
  char host_key[128];           /* fingerprint of the key that was shown; "" */
  char last[256];               /* its last words that are no debug line; "" */
  enum connection_failure failure;      /* as far as the words tell */
  enum error_code code;         /* why there is no login; HOST_UNREACHABLE at first */
};

/* Read and say what has come. */
void openssh_words_read (struct openssh_words *words);
/* The same, and what is left without a newline. */
void openssh_words_end (struct openssh_words *words);

#endif
