/* SPDX-License-Identifier: MIT */
/* flash-live-remote status HOST: where a flash stands, on stdout. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "session-status.h"
#include "commands.h"
#include "report.h"
#include "session-summary.h"

static int
tell (const struct options *options, const struct session_report *r, int found)
{
  if (found == 0)
    printf ("No flash is under way on %s.\n", options->host);
  else {
    session_summary_print (stdout, options->host, r);
    session_summary_advise (stdout, options, r);
  }
  if (fflush (stdout) == 0 && !ferror (stdout))
    return 0;
  report_error ("stdout: %s", strerror (errno));
  return -1;
}

enum exit_status
status_command (const struct options *options)
{
  struct flash_job job = { .options = options };
  enum exit_status status = STATUS_NOT_WRITTEN;
  struct ssh_config *config;
  int found;

  job.config = config = ssh_config_read (options);
  if (!config)
    return STATUS_USAGE;
  found = session_status_open (&job);
  if (found == -1)
    report_error ("whether a flash is under way on %s could not be told",
                  options->host);
  else if (tell (options, &job.report, found) == 0)
    status = STATUS_DONE;
  flash_job_release (&job);
  ssh_config_free (config);
  return status;
}
