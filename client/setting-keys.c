/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "near-word.h"
#include "setting-keys.h"

#define IS_GLOBAL 1u
#define IS_PATH 2u

static const struct { const char *name; unsigned kind; } keys[SETTING_KEYS] = {
  [SETTING_IMAGE_SERVER] = { "image-server", 0 },
  [SETTING_MODE] = { "mode", 0 },
  [SETTING_DEVICE] = { "device", 0 },
  [SETTING_STOP_SERVICES] = { "stop-services", 0 },
  [SETTING_KEEP] = { "keep", 0 },
  [SETTING_CONFIG] = { "config", IS_PATH },
  [SETTING_VERIFY] = { "verify", 0 },
  [SETTING_WAIT] = { "wait", 0 },
  [SETTING_RUN] = { "run", 0 },
  [SETTING_HOST_KEY] = { "host-key", IS_PATH },
  [SETTING_SSH] = { "ssh", 0 },
  [SETTING_LIFEBOAT_PORT] = { "lifeboat-port", 0 },
  [SETTING_BUSYBOX] = { "busybox", IS_PATH },
  [SETTING_RESCAN] = { "rescan", IS_GLOBAL },
  [SETTING_JOBS] = { "jobs", IS_GLOBAL },
  [SETTING_VERBOSITY] = { "verbosity", IS_GLOBAL },
  [SETTING_MAP] = { "map", 0 },
};

#define FIRST_BOOT "it tells a new system what to be: it belongs into the file that " \
  "config names, flash-live-remote-config(5)"
#define OF_SSH "it is a setting of ssh, which is taken from ~/.ssh/config"
#define ONE_FLASH "it is about one flash, so it is only an option of the command line"

/* Each has its place in flash-live-remote-settings(5), with more words. */
static const struct { const char *name, *reason; } no_keys[] = {
  { "confirm", "a person says it for each flash, so it is only an option of the "
    "command line" },
  { "accept-new-host-key", "who answers in a board's place must not be trusted by a "
    "line that was forgotten, so it is only an option of the command line" },
  { "ramfs", "it is a mode: mode = ramfs" },
  { "stream", "it is a mode: mode = stream" },
  { "quiet", "it is a verbosity: verbosity = quiet" },
  { "verbose", "it is a verbosity: verbosity = verbose" },
  { "debug", "it is a verbosity: verbosity = debug" },
  { "dry-run", ONE_FLASH }, { "rehearse", ONE_FLASH }, { "no-reboot", ONE_FLASH },
  { "session-key", ONE_FLASH }, { "sample", ONE_FLASH }, { "local", ONE_FLASH },
  { "json", ONE_FLASH }, { "settings", ONE_FLASH }, { "print-config", ONE_FLASH },
  { "hostname", FIRST_BOOT }, { "password", FIRST_BOOT }, { "ssh-key", FIRST_BOOT },
  { "wifi-ssid", FIRST_BOOT }, { "wifi-password", FIRST_BOOT },
  { "wifi-country", FIRST_BOOT },
  { "user", OF_SSH " (User); the new system's user belongs into the file that config "
    "names" },
  { "port", OF_SSH }, { "identity", OF_SSH }, { "identityfile", OF_SSH },
  { "proxyjump", OF_SSH }, { "host", "a section for a board begins with [board NAME]" },
};

const char *
setting_key_name (enum setting_key key)
{
  return keys[key].name;
}

enum setting_key
setting_key_find (const char *name)
{
  int key = 0;

  while (key < SETTING_KEYS && strcmp (name, keys[key].name) != 0)
    key++;
  return (enum setting_key) key;
}

bool
setting_key_is_global (enum setting_key key)
{
  return keys[key].kind & IS_GLOBAL;
}

bool
setting_key_is_path (enum setting_key key)
{
  return keys[key].kind & IS_PATH;
}

const char *
setting_key_why_not (const char *name)
{
  for (size_t i = 0; i < sizeof no_keys / sizeof *no_keys; i++)
    if (strcmp (name, no_keys[i].name) == 0)
      return no_keys[i].reason;
  return NULL;
}

const char *
setting_key_near (const char *name)
{
  const char *nearest = NULL;
  unsigned nearest_distance = WORD_LENGTH_MAX;

  for (int key = 0; key < SETTING_KEYS; key++) {
    const unsigned distance = word_distance (name, keys[key].name);

    if (distance < nearest_distance && word_is_near (keys[key].name, distance)) {
      nearest = keys[key].name;
      nearest_distance = distance;
    }
  }
  return nearest;
}
