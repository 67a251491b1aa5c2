/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "commands.h"
#include "dm-table.h"

#define MISC_MAJOR 10
#define CONTROL_MINOR 236       /* MAPPER_CTRL_MINOR of the kernel */
#define TABLE_ROOM 65536        /* bytes; a longer table is not looked at */
#define WORDS_MAX 8

/* Which word is the device; behind it comes the offset, if there is one. */
static const struct
{
  const char *type;
  size_t device;
  bool offset;
} known_types[] = {
  { "linear", 0, true },
  { "striped", 2, true },       /* where the first stripe begins */
  { "crypt", 3, true },
  { "verity", 1, false },
  { "snapshot-origin", 0, false },
};

bool
dm_segment_parse (const char *type, char *parameters, struct dm_segment *segment)
{
  char *words[WORDS_MAX], *save = NULL, *end;
  unsigned device_major, device_minor;
  size_t nr = 0, i = 0;

  while (nr < WORDS_MAX
         && (words[nr] = strtok_r (nr ? NULL : parameters, " ", &save)) != NULL)
    nr++;
  while (strcmp (known_types[i].type, type) != 0)
    if (++i == sizeof known_types / sizeof *known_types)
      return false;
  const size_t at = known_types[i].device;
  if (at + known_types[i].offset >= nr
      || sscanf (words[at], "%u:%u", &device_major, &device_minor) != 2)
    return false;
  segment->device = makedev (device_major, device_minor);
  segment->offset = 0;
  if (!known_types[i].offset)
    return true;
  errno = 0;
  segment->offset = strtoull (words[at + 1], &end, 10);
  return errno == 0 && end != words[at + 1] && *end == '\0';
}

static int
open_control (void)
{
  char path[PATH_MAX];

  snprintf (path, sizeof path, "%s/dev/mapper-control", ram_root);
  (void) mknod (path, S_IFCHR | 0600, makedev (MISC_MAJOR, CONTROL_MINOR));
  return open (path, O_RDWR | O_CLOEXEC);
}

/* The segment of the answer IO that has SECTOR. */
static bool
find_segment (struct dm_ioctl *io, uint64_t sector, struct dm_segment *segment)
{
  char *data = (char *) io + io->data_start;
  size_t size = TABLE_ROOM - io->data_start, at = 0;

  for (uint32_t i = 0; i < io->target_count; i++) {
    struct dm_target_spec spec;

    if (at + sizeof spec >= size)
      return false;
    memcpy (&spec, data + at, sizeof spec);
    spec.target_type[sizeof spec.target_type - 1] = '\0';
    segment->start = spec.sector_start;
    segment->length = spec.length;
    if (sector >= spec.sector_start && sector - spec.sector_start < spec.length)
      return dm_segment_parse (spec.target_type, data + at + sizeof spec, segment);
    at = spec.next;             /* from the first one on */
  }
  return false;
}

/* The table of an encrypted device has its key in it. */
bool
dm_table_find (dev_t dev, uint64_t sector, dev_t *device, uint64_t *offset)
{
  CLEANUP_CLOSE int control = open_control ();
  CLEANUP_FREE struct dm_ioctl *io = calloc (1, TABLE_ROOM + 1);
  struct dm_segment segment;
  bool found = false;

  if (control == -1 || !io)
    return false;
  io->version[0] = DM_VERSION_MAJOR;
  io->data_size = TABLE_ROOM;
  io->data_start = sizeof *io;
  io->dev = dev;
  io->flags = DM_STATUS_TABLE_FLAG | DM_SECURE_DATA_FLAG;
  if (ioctl (control, DM_TABLE_STATUS, io) == 0
      && !(io->flags & DM_BUFFER_FULL_FLAG) && io->data_start < TABLE_ROOM)
    found = find_segment (io, sector, &segment);
  explicit_bzero (io, TABLE_ROOM);
  if (!found)
    return false;
  *device = segment.device;
  *offset = segment.offset + (sector - segment.start);
  return true;
}
