/* SPDX-License-Identifier: MIT */
/* run-beside ENDING COMMAND ARGUMENT...: runs ENDING on the board, and COMMAND beside
 * it, whose channel is asked for while ENDING still runs, and whose answer is read only
 * three seconds later.  What COMMAND says is said here, its status is the exit status.
 * The ARGUMENTs are those of flash-live-remote. */
#include <config.h>

#include <stdio.h>
#include <time.h>

#include "board-connection.h"
#include "exit-status.h"
#include "interrupt.h"
#include "messages.h"
#include "ssh-exec.h"

static int
run_both (struct board_connection *c, struct ssh_exec *ending, struct ssh_exec *beside)
{
  const struct timespec pause = { .tv_sec = 3 };

  while (!*ssh_exec_stdout (ending)) {  /* its first words: it runs */
    if (ssh_exec_step (ending) != EXEC_RUNNING || board_connection_service (c) == -1)
      return -1;
    nanosleep (&(struct timespec) { .tv_nsec = 10000000 }, NULL);
  }
  ssh_exec_step (beside);
  nanosleep (&pause, NULL);
  return ssh_exec_wait (beside, 30, false);
}

int
main (int argc, char *argv[])
{
  struct options options;
  int status = STATUS_NOT_WRITTEN;

  if (argc < 4 || interrupt_init () == -1
      || options_parse (argc - 2, argv + 2, &options) != OPTIONS_GO_ON)
    return STATUS_USAGE;
  message_init (options.verbosity);
  struct ssh_config *config = ssh_config_read (&options);
  struct board_connection *c = config ? board_connection_open (config) : NULL;

  if (c) {
    struct ssh_exec *ending = ssh_exec_new (c, argv[1], NULL, 0);
    struct ssh_exec *beside = ssh_exec_new (c, argv[2], NULL, 0);

    if (ending && beside && run_both (c, ending, beside) == 0) {
      fputs (ssh_exec_stdout (beside), stdout);
      status = ssh_exec_status (beside);
    }
    ssh_exec_free (ending);
    ssh_exec_free (beside);
  }
  board_connection_close (c);
  ssh_config_free (config);
  options_release (&options);
  return status;
}
