/* SPDX-License-Identifier: MIT */
/* await-return READY REBOOTED ARGUMENT...: what a flash does once its board reboots, for
 * boards that cannot.  The ARGUMENTs are those of flash-live-remote.  It logs in and
 * looks at the board as a flash does, makes the file READY, and waits until the file
 * REBOOTED is there: by then the board shall be another one.  With "-" for REBOOTED
 * it does not wait for that. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board-login.h"
#include "board-return.h"
#include "interrupt.h"
#include "message-sink.h"
#include "messages.h"
#include "new-host-key.h"
#include "prompt.h"

static int
look (struct flash_job *job)
{
  if (new_host_key_prepare (job) == -1 || board_login (job, false) != LOGIN_ORDINARY
      || target_probe_run (job->connection, NULL, PROBE_FLASH, &job->board) == -1)
    return -1;
  /* As if it ran from a disk: this machine's root may lie on none. */
  if (!*job->board.root_partition)
    job->board.root_partition = job->board.disk = "none";
  return board_return_prepare (job);
}

static int
await_reboot (const char *ready, const char *rebooted)
{
  const struct timespec pause = { .tv_nsec = 50000000 };
  FILE *f = fopen (ready, "w");

  if (!f || fclose (f) == EOF)
    return -1;
  while (strcmp (rebooted, "-") != 0 && access (rebooted, F_OK) == -1)
    nanosleep (&pause, NULL);
  return 0;
}

int
main (int argc, char *argv[])
{
  struct options options;
  int command_status = 0;
  enum exit_status status = STATUS_NOT_WRITTEN;

  if (argc < 4 || interrupt_init () == -1
      || options_parse (argc - 2, argv + 2, &options) != OPTIONS_GO_ON)
    return STATUS_USAGE;
  message_init (options.verbosity);
  if (options.json) {
    message_sink_set (message_sink_json (STDOUT_FILENO));
    message_sink_json_set_board (options.host);
    prompt_set_way (NULL);
  }
  interrupt_defer ();
  struct ssh_config *config = ssh_config_read (&options);
  struct flash_job job = { .options = &options, .config = config, .reboots = true };

  if (config && look (&job) == 0 && await_reboot (argv[1], argv[2]) == 0)
    status = board_return_await (&job, &command_status);
  flash_job_release (&job);
  ssh_config_free (config);
  options_release (&options);
  return status == STATUS_COMMAND_FAILED ? command_status : (int) status;
}
