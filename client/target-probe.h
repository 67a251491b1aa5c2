/* SPDX-License-Identifier: MIT */
/* What probe.sh found on the board, in one round trip that changes nothing. */

#ifndef FLASH_TARGET_PROBE_H
#define FLASH_TARGET_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "board-connection.h"
#include "status-record.h"

#define PROBE_PARTITIONS_MAX 128
#define PROBE_MOUNTS_MAX 128
#define PROBE_UPON_MAX 128
#define PROBE_OTHERS_MAX 16

struct probe_partition
{
  const char *name;
  uint64_t start, size;         /* bytes */
};

struct probe_mount
{
  const char *device, *type;    /* type: the file system's, or "swap" */
  const char *point;            /* NULL for swap */
};

/* What is made upon a partition, at any height. */
struct probe_upon
{
  const char *partition;        /* or the disk */
  const char *device;           /* its kernel name: "dm-0" */
  const char *label;            /* for a person: "vg-root (LVM)" */
};

/* Another disk that something on the root disk lies on, too. */
struct probe_other
{
  const char *disk;
  const char *label;            /* what that is: "md0 (MD RAID 1)" */
};

/* All strings are printable and never NULL, unless a comment says otherwise. */
struct target_probe
{
  char *text;                   /* what the strings point into */
  const char *machine, *kernel, *hostname, *boot_id, *model;
  unsigned bits;                /* of the userland: 32, 64, 0 unknown */
  const char *access;           /* "root", "sudo", "doas", "sudo-password", or why
                                   there is none: "no-sudo", "refused",
                                   "doas-refused" */
  const char *access_error;
  uint64_t memory_total, memory_available;      /* bytes */
  const char *busybox, *dd;     /* resolved paths, empty: not there */
  const char *selinux, *apparmor;       /* "enforcing", "yes" or empty */
  const char *lacks;            /* what the probe needs and the board has not */
  bool sysrq;
  bool session_directory;       /* /run/flash-live-remote exists */
  bool has_session;             /* and a session answers: SESSION */
  struct status_record session;
  const char *session_error;

  const char *refused;          /* why there is no target; empty: there is one */
  const char *root_partition;   /* empty: the board runs from another disk */
  const char *root_stack;       /* "ext4 on vg-root (LVM) on sda2" */
  const char *disk, *disk_number, *disk_model, *disk_serial;
  uint64_t disk_size;           /* bytes */
  unsigned disk_block;          /* bytes of a logical block */
  bool disk_removable, disk_read_only;
  struct probe_partition partitions[PROBE_PARTITIONS_MAX];
  unsigned nr_partitions;
  struct probe_mount mounts[PROBE_MOUNTS_MAX];
  unsigned nr_mounts;
  struct probe_upon upon[PROBE_UPON_MAX];
  unsigned nr_upon;
  struct probe_other others[PROBE_OTHERS_MAX];
  unsigned nr_others;
};

enum probe_purpose
{
  PROBE_FLASH,
  PROBE_SURVEY                  /* the disk is only read: it may be in use */
};

/* Run probe.sh on the board.  DEVICE: the value of --device or NULL.  0, or -1
 * after a report; PROBE must be released either way. */
int target_probe_run (struct board_connection *c, const char *device,
                      enum probe_purpose purpose, struct target_probe *probe);
void target_probe_release (struct target_probe *probe);

/* The parser behind it: OUTPUT is what the command printed, words of the login
 * shell included.  0; -1: no complete answer in it. */
int target_probe_parse (const char *output, struct target_probe *probe);

/* What the login shell printed before the answer; the caller must free it.
 * NULL: nothing (or no memory). */
char *target_probe_chatter (const char *output);

#endif
