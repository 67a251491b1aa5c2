/* SPDX-License-Identifier: MIT */
/* flash-live-remote status HOST: where a flash stands, on stdout. */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"
#include "commands.h"
#include "message-sink.h"
#include "messages.h"
#include "report.h"
#include "session-record.h"
#include "session-status.h"
#include "session-summary.h"

/* What can be done, line by line. */
static int
tell_advice (const struct options *options, const struct session_report *r)
{
  CLEANUP_FREE char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  if (f)
    session_summary_advise (f, options, r);
  if (!f || fclose (f) == EOF) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  message_always ("%.*s", (int) strlen (text) - 1, text);
  return 0;
}

static int
tell_records (const struct options *options, const struct session_report *r,
              int found)
{
  session_record (found == 0 ? NULL : r);
  return found == 0 ? 0 : tell_advice (options, r);
}

static int
tell (const struct options *options, const struct session_report *r, int found)
{
  if (!message_sink_is_text ())
    return tell_records (options, r, found);
  if (found == 0)
    printf ("No flash is under way on %s.\n", options->host);
  else {
    session_summary_print (stdout, options->host, r);
    session_summary_advise (stdout, options, r);
  }
  if (fflush (stdout) == 0 && !ferror (stdout))
    return 0;
  report_error (ERROR_OUTPUT_FAILED, "stdout: %s", strerror (errno));
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
    report_error (ERROR_FLASH_UNKNOWN,
                  "whether a flash is under way on %s could not be told",
                  options->host);
  else if (tell (options, &job.report, found) == 0)
    status = STATUS_DONE;
  flash_job_release (&job);
  ssh_config_free (config);
  return status;
}
