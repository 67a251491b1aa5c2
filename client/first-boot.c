/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "first-boot-files.h"
#include "first-boot.h"
#include "keep.h"
#include "messages.h"
#include "report.h"
#include "setting-merge.h"

int
first_boot_read (struct first_boot *fb, const char *path)
{
  memset (fb, 0, sizeof *fb);
  if (first_boot_settings_read (&fb->settings, path) == -1)
    return -1;
  fb->description = first_boot_settings_describe (&fb->settings);
  return fb->description ? 0 : -1;
}

void
first_boot_release (struct first_boot *fb)
{
  first_boot_settings_release (&fb->settings);
  free (fb->description);
  fb->description = NULL;
  image_patch_release (&fb->changes);
}

/* What ITEM would take from the board, KEY sets. */
static int
refuse_both (const struct options *o, const char *item, const char *key)
{
  char keep[SETTING_PLACE_MAX], config[SETTING_PLACE_MAX];

  report_error (ERROR_FIRST_BOOT_CONFLICT,
                "%s %s and a %s in the file of %s exclude each other",
                setting_place (o, SETTING_KEEP, keep), item, key,
                setting_place (o, SETTING_CONFIG, config));
  return -1;
}

int
first_boot_check_options (const struct first_boot *fb, const struct options *o,
                          size_t boards)
{
  char config[SETTING_PLACE_MAX];

  /* The board's network would be laid beside the new one, or (cloud-init) in its
   * place. */
  if (fb->settings.wifi_ssid && (o->keep & 1U << KEEP_NETWORK))
    return refuse_both (o, "network", "wifi-ssid");
  if (!fb->settings.hostname)
    return 0;
  if (o->keep & 1U << KEEP_HOSTNAME)
    return refuse_both (o, "hostname", "hostname");
  if (boards == 1)
    return 0;
  report_error (ERROR_FIRST_BOOT_CONFLICT,
                "%zu boards cannot all be called %s: with several boards, %s has no "
                "hostname", boards, fb->settings.hostname,
                setting_place (o, SETTING_CONFIG, config));
  return -1;
}

int
first_boot_make (struct first_boot *fb, struct image_server *server,
                 const struct image_facts *facts)
{
  struct image_overlay *overlay;
  int result = -1;

  message_phase ("first-boot", "Laying the settings of --config into the image");
  image_patch_release (&fb->changes);
  fb->changes = (struct image_patch) { .disk_size = facts->integrity.disk_size };
  overlay = image_overlay_new (server, facts->integrity.disk_size);
  if (overlay && first_boot_files_lay (overlay, &facts->table, &fb->settings) == 0)
    result = image_overlay_to_patch (overlay, &fb->changes);
  image_overlay_free (overlay);
  return result;
}

int
first_boot_lay (const struct first_boot *fb, struct image_overlay *overlay)
{
  for (size_t i = 0; i < fb->changes.nr_ranges; i++) {
    const struct image_patch_range *range = &fb->changes.ranges[i];

    if (image_overlay_write (overlay, fb->changes.data + range->at, range->length,
                             range->offset) == -1)
      return -1;
  }
  return 0;
}

/* With its NUL, so that two texts are not taken for one. */
static void
add_text (struct digest_state *state, const char *text)
{
  if (text)
    digest_add (state, text, strlen (text));
  digest_add (state, "", 1);
}

void
first_boot_add_to_digest (const struct first_boot *fb, struct digest_state *state)
{
  const struct first_boot_settings *s = &fb->settings;

  add_text (state, s->hostname);
  add_text (state, s->user);
  add_text (state, s->password_hash ? "password" : NULL);
  for (size_t i = 0; i < s->keys.nr; i++)
    add_text (state, s->keys.lines[i]);
  add_text (state, s->wifi_ssid);
  add_text (state, *s->wifi_psk ? "password" : NULL);
  add_text (state, s->wifi_country);
}
