/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cleanup.h"
#include "cloud-config.h"
#include "digest.h"
#include "fat-partition.h"
#include "first-boot-script.h"
#include "first-boot-files.h"
#include "messages.h"
#include "report.h"

/* A larger FAT is no boot partition, and takes long to look through. */
#define BOOT_PARTITION_MAX (32ull << 30)
#define INSTANCE_SIZE (DIGEST_HEX_SIZE + 32)

enum mechanism { MECHANISM_NONE, MECHANISM_SCRIPT, MECHANISM_CLOUD_INIT };

/* An image of a Pi with cloud-init has both; its firstrun.sh would be a second way. */
static enum mechanism
find_mechanism (const struct fat_partition *fat)
{
  if (fat_partition_has (fat, "user-data") || fat_partition_has (fat, "meta-data")
      || strcasecmp (fat->label, "cidata") == 0)
    return MECHANISM_CLOUD_INIT;
  if (fat_partition_has (fat, "cmdline.txt")
      && (fat_partition_has (fat, "config.txt")
          || fat_partition_has_like (fat, "start", ".elf")))
    return MECHANISM_SCRIPT;
  return MECHANISM_NONE;
}

/* -- firstrun.sh ---------------------------------------------------------- */

static int
write_text (const struct fat_partition *fat, const char *name, const char *text)
{
  return fat_partition_write_file (fat, name, text, strlen (text));
}

static int
apply_script (const struct fat_partition *fat, const struct first_boot_settings *s)
{
  CLEANUP_FREE char *cmdline = NULL, *changed = NULL, *script = NULL;
  size_t size;

  if (fat_partition_has (fat, "firstrun.sh")) {
    report_error (ERROR_FIRST_BOOT_IMAGE,
                  "the image has a first boot of its own (firstrun.sh on its boot "
                  "partition): use an image that was not prepared, or leave --config "
                  "out");
    return -1;
  }
  cmdline = fat_partition_read_file (fat, "cmdline.txt", &size);
  if (cmdline)
    changed = first_boot_script_add_to_cmdline (cmdline, size);
  if (changed)
    script = first_boot_script_new (s);
  return script && write_text (fat, "firstrun.sh", script) == 0
         && write_text (fat, "cmdline.txt", changed) == 0 ? 0 : -1;
}

/* -- cloud-init ----------------------------------------------------------- */

/* The files to be, as texts; "" for one that stays as it is. */
struct cloud_files
{
  char *user_data, *network, *meta_data;
};

static void
release_cloud_files (struct cloud_files *files)
{
  free (files->user_data);
  free (files->network);
  free (files->meta_data);
}

typedef void (*write_fn) (FILE *f, const struct first_boot_settings *s);

/* What WRITE writes; NULL: no memory. */
static char *
text_of (write_fn write, const struct first_boot_settings *s)
{
  char *text = NULL;
  size_t size;
  FILE *f = open_memstream (&text, &size);

  if (!f)
    return NULL;
  write (f, s);
  if (fclose (f) == 0)
    return text;
  free (text);
  return NULL;
}

/* The same settings are the same instance: cloud-init does not begin anew then. */
static char *
make_meta_data (const struct first_boot_settings *s, const struct cloud_files *files)
{
  struct digest_state *state = digest_new ();
  unsigned char digest[DIGEST_SIZE];
  char hex[DIGEST_HEX_SIZE], instance[INSTANCE_SIZE];
  char *text = NULL;
  size_t size;
  FILE *f;

  if (!state)
    return NULL;
  digest_add (state, files->user_data, strlen (files->user_data));
  digest_add (state, files->network, strlen (files->network));
  digest_get (state, digest);
  digest_free (state);
  digest_to_hex (digest, hex);
  snprintf (instance, sizeof instance, "flash-live-remote-%s", hex);

  f = open_memstream (&text, &size);
  if (!f)
    return NULL;
  cloud_config_write_meta_data (f, s, instance);
  if (fclose (f) == 0)
    return text;
  free (text);
  return NULL;
}

static int
make_cloud_files (const struct first_boot_settings *s, struct cloud_files *files)
{
  files->user_data = text_of (cloud_config_write_user_data, s);
  files->network = s->wifi_ssid ? text_of (cloud_config_write_network, s)
                                : strdup ("");
  files->meta_data = files->user_data && files->network
                     ? make_meta_data (s, files) : NULL;
  if (!files->meta_data)
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
  return files->meta_data ? 0 : -1;
}

/* The radio's country is the kernel's business, where its command line is at hand. */
static int
apply_country (const struct fat_partition *fat, const struct first_boot_settings *s)
{
  CLEANUP_FREE char *cmdline = NULL, *changed = NULL;
  size_t size;

  if (!*s->wifi_country || !fat_partition_has (fat, "cmdline.txt"))
    return 0;
  cmdline = fat_partition_read_file (fat, "cmdline.txt", &size);
  changed = cmdline ? first_boot_script_add_country (cmdline, size, s->wifi_country)
                    : NULL;
  return changed ? write_text (fat, "cmdline.txt", changed) : -1;
}

static int
apply_cloud_init (const struct fat_partition *fat, const struct first_boot_settings *s)
{
  struct cloud_files files = { NULL, NULL, NULL };
  int result = -1;

  if (make_cloud_files (s, &files) == 0
      && write_text (fat, "user-data", files.user_data) == 0
      && (!*files.network || write_text (fat, "network-config", files.network) == 0)
      && write_text (fat, "meta-data", files.meta_data) == 0)
    result = apply_country (fat, s);
  release_cloud_files (&files);
  return result;
}

/* -- The partition -------------------------------------------------------- */

/* 1: done; 0: this is no place for it; -1 after a report. */
static int
try_partition (struct image_overlay *overlay, const struct partition *p,
               const struct first_boot_settings *s)
{
  struct fat_partition fat = { .fd = -1 };
  enum mechanism mechanism = MECHANISM_NONE;
  int result = fat_partition_open (&fat, overlay, p->start, p->size);

  if (result == 0) {
    mechanism = find_mechanism (&fat);
    if (mechanism == MECHANISM_CLOUD_INIT)
      result = apply_cloud_init (&fat, s);
    else if (mechanism == MECHANISM_SCRIPT)
      result = apply_script (&fat, s);
  }
  if (result == 0 && mechanism != MECHANISM_NONE) {
    message_detail ("Partition %u of the image gets the settings of --config (%s)",
                    p->number, mechanism == MECHANISM_SCRIPT ? "firstrun.sh"
                                                             : "cloud-init");
    result = fat_partition_store (&fat) == 0 ? 1 : -1;
  }
  fat_partition_close (&fat);
  return result;
}

/* 1: it begins as a FAT; 0: it does not; -1 after a report. */
static int
begins_as_fat (struct image_overlay *overlay, const struct partition *p)
{
  unsigned char sector[512];

  if (p->size < sizeof sector || p->size > BOOT_PARTITION_MAX
      || p->start > image_overlay_size (overlay)
      || p->size > image_overlay_size (overlay) - p->start)
    return 0;
  if (image_overlay_read (overlay, sector, sizeof sector, p->start) == -1)
    return -1;
  return fat_partition_is_fat (sector);
}

int
first_boot_files_lay (struct image_overlay *overlay, const struct partition_table *table,
                  const struct first_boot_settings *s)
{
  unsigned nr_fat = 0;

  for (unsigned i = 0; i < table->nr_partitions; i++) {
    int r = begins_as_fat (overlay, &table->partitions[i]);

    if (r == 1) {
      nr_fat++;
      r = try_partition (overlay, &table->partitions[i], s);
    }
    if (r != 0)
      return r == 1 ? 0 : -1;
  }
  report_error (ERROR_FIRST_BOOT_IMAGE,
                "the image has no place for the settings of --config: of its %u "
                "partitions %u have a FAT file system, and none of these has "
                "cmdline.txt with config.txt or start*.elf (Raspberry Pi OS), or "
                "user-data or meta-data, or the name CIDATA (cloud-init)",
                table->nr_partitions, nr_fat);
  return -1;
}
