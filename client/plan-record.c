/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "first-boot.h"
#include "keep.h"
#include "message-sink.h"
#include "partition-uses.h"
#include "plan-record.h"
#include "session-status.h"
#include "setting-show.h"

void
plan_record_image (const struct image_facts *image, const char *path)
{
  const struct integrity *i = &image->integrity;
  const struct partition_table *table = &image->table;

  message_record ("image", "path", path, "name", image->name,
                  "format", i->format, "stored_size", RECORD_NUMBER (i->stored_size),
                  "image_size", RECORD_NUMBER (i->disk_size), "digest", i->digest,
                  "checks", i->check, "partition_table",
                  partition_table_name (table->kind), "notes", i->notes, NULL);
  for (unsigned n = 0; n < table->nr_partitions; n++)
    message_record ("image_partition",
                    "number", RECORD_NUMBER (table->partitions[n].number),
                    "kind", table->partitions[n].type,
                    "offset", RECORD_NUMBER (table->partitions[n].start),
                    "size", RECORD_NUMBER (table->partitions[n].size), NULL);
}

static void
record_partitions (const struct target_probe *b)
{
  char uses[PARTITION_USES_MAX];

  for (unsigned i = 0; i < b->nr_partitions; i++) {
    partition_uses (b, b->partitions[i].name, uses);
    message_record ("partition", "name", b->partitions[i].name,
                    "offset", RECORD_NUMBER (b->partitions[i].start),
                    "size", RECORD_NUMBER (b->partitions[i].size), "uses", uses,
                    NULL);
  }
}

static void
record_changes (const struct board_patch *patch)
{
  for (size_t i = 0; i < patch->nr_changes; i++)
    message_record ("image_change", "what", patch->changes[i].what,
                    "path", patch->changes[i].path, NULL);
}

void
plan_record_board (const struct flash_job *job)
{
  const struct options *o = job->options;
  const struct target_probe *b = &job->board;
  const bool root_disk = flash_job_is_root_disk (job);
  char keep[KEEP_LIST_MAX];

  keep_list (o->keep, keep);
  message_record (
    "plan", "hostname", b->hostname, "model", b->model, "machine", b->machine,
    "userland_bits", b->bits ? RECORD_NUMBER (b->bits) : "", "kernel", b->kernel,
    "boot_id", b->boot_id, "host_key", job->host_key ? job->host_key : "",
    "memory_total", b->memory_total ? RECORD_NUMBER (b->memory_total) : "",
    "memory_available",
    b->memory_available ? RECORD_NUMBER (b->memory_available) : "",
    "disk", b->disk, "disk_size", RECORD_NUMBER (b->disk_size),
    "disk_model", b->disk_model, "disk_serial", b->disk_serial,
    "removable", record_bool (b->disk_removable),
    "root_disk", record_bool (root_disk), "root", b->root_stack,
    "image", job->image.name,
    "mode", flash_mode_name (o->mode), "verify", verification_name (job->verification),
    "reboots", record_bool (root_disk && job->reboots && !o->rehearse),
    "lifeboat", record_bool (flash_job_wants_lifeboat (job)),
    "lifeboat_port", o->lifeboat_port ? RECORD_NUMBER (o->lifeboat_port) : "",
    "stop_services", flash_job_stop_services (job),
    "keep", keep, "config", o->first_boot ? o->first_boot->description : "",
    "resumes", record_bool (job->resume),
    "writing_begun", record_bool (job->resume && job->go_taken),
    "rehearsal", record_bool (o->rehearse), "dry_run", record_bool (o->dry_run),
    NULL);
  record_partitions (b);
  record_changes (&job->patch);
  setting_record_set (o);
}

void
plan_record_earlier (const struct flash_job *job)
{
  const struct session_report *r = &job->report;

  message_record ("earlier_flash", "image", session_status_get (r, "image"),
                  "disk", session_status_get (r, "target-name"),
                  "state", session_status_get (r, "state"), NULL);
}
