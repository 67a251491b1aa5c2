/* SPDX-License-Identifier: MIT */
/* What a board answers to the probe: any text between the marks. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz-support.h"
#include "target-probe.h"

#define BEGIN "words of the login shell\nFLR1-PROBE-BEGIN\n"
#define END "\nFLR1-PROBE-END\n"

/* Nothing that is shown later can steer a terminal. */
static void
check_text (const char *text)
{
  FUZZ_CHECK (text);
  for (; *text; text++)
    FUZZ_CHECK ((unsigned char) *text >= 0x20 && *text != 0x7f);
}

static void
check_probe (const struct target_probe *p)
{
  const char *const texts[] = {
    p->machine, p->kernel, p->hostname, p->model, p->access, p->busybox, p->dd,
    p->refused, p->root_partition, p->root_stack, p->disk, p->disk_model,
    p->disk_serial
  };

  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    check_text (texts[i]);
  FUZZ_CHECK (p->nr_partitions <= PROBE_PARTITIONS_MAX
              && p->nr_mounts <= PROBE_MOUNTS_MAX
              && p->nr_upon <= PROBE_UPON_MAX && p->nr_others <= PROBE_OTHERS_MAX);
  FUZZ_CHECK (p->disk_size <= INT64_MAX && p->memory_available <= INT64_MAX);
  for (unsigned i = 0; i < p->nr_partitions; i++) {
    check_text (p->partitions[i].name);
    FUZZ_CHECK (p->partitions[i].start <= INT64_MAX
                && p->partitions[i].size <= INT64_MAX);
  }
  for (unsigned i = 0; i < p->nr_mounts; i++) {
    check_text (p->mounts[i].device);
    check_text (p->mounts[i].type);
    if (p->mounts[i].point)
      check_text (p->mounts[i].point);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static struct target_probe probe;
  char *text = malloc (sizeof BEGIN + size + sizeof END);

  FUZZ_CHECK (text);
  memcpy (text, BEGIN, sizeof BEGIN);
  if (size > 0)
    memcpy (text + sizeof BEGIN - 1, data, size);
  memcpy (text + sizeof BEGIN - 1 + size, END, sizeof END);
  if (target_probe_parse (text, &probe) == 0)
    check_probe (&probe);
  target_probe_release (&probe);
  free (target_probe_chatter (text));
  free (text);
  return 0;
}
