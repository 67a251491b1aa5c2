/* SPDX-License-Identifier: MIT */
/* The settings file: its lines, its values, and what holds for a board. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz-support.h"
#include "messages.h"
#include "options.h"
#include "setting-value.h"
#include "settings-file.h"
#include "ssh-config.h"
#include "text-lines.h"

/* One sentence is put into another. */
void
message_hold_errors (void)
{
}

void
message_release_errors (void)
{
}

bool
message_holds_errors (void)
{
  return false;
}

const char *
message_last_error (void)
{
  return "";
}

static void
check_entry (const struct settings *s, const struct setting *e)
{
  struct options options = { .verbosity = VERBOSITY_NORMAL };
  char text[SETTING_TEXT_MAX];

  FUZZ_CHECK (e->key < SETTING_KEYS && e->section < s->nr_sections && e->line > 0);
  FUZZ_CHECK (text_line_is_clean (e->value) && !strstr (e->value, " #"));
  FUZZ_CHECK (e->section == 0 || !setting_key_is_global (e->key));
  if (strcmp (e->value, SETTING_DEFAULT) == 0)
    return;
  /* What was proven can be taken, and shown. */
  FUZZ_CHECK (setting_take (&options, e->key, e->value, "input") == 0);
  FUZZ_CHECK (text_line_is_clean (setting_text (&options, e->key, text)));
  FUZZ_CHECK (options.verification != VERIFY_OFF && !options.accept_new_host_key
              && !options.confirm);
  if (setting_key_is_path (e->key))
    FUZZ_CHECK (*e->value == '/' || strncmp (e->value, "SHA256:", 7) == 0);
}

/* The board's section, or the defaults, and the first of those that match. */
static void
check_found (const struct settings *s, const char *host, enum setting_key key)
{
  const struct setting *found = settings_find (s, host, key);

  if (!found)
    return;
  FUZZ_CHECK (found->key == key);
  if (!host)
    FUZZ_CHECK (found->section == 0);
  else if (found->section > 0)
    FUZZ_CHECK (ssh_config_match_list (host, s->sections[found->section].patterns));
  for (const struct setting *e = s->entries; e < found; e++)
    FUZZ_CHECK (e->key != key || e->section == 0
                || !host
                || !ssh_config_match_list (host, s->sections[e->section].patterns));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const unsigned before = fuzz_reports ();
  struct settings s;
  const int result = settings_parse (&s, "input", "/home/me", (const char *) data, size);

  FUZZ_CHECK (result == 0 ? fuzz_reports () == before : fuzz_reports () > before);
  for (size_t i = 0; result == 0 && i < s.nr_entries; i++)
    check_entry (&s, &s.entries[i]);
  for (int key = 0; result == 0 && key < SETTING_KEYS; key++) {
    check_found (&s, NULL, (enum setting_key) key);
    check_found (&s, "lab-7", (enum setting_key) key);
    check_found (&s, "10.0.0.1", (enum setting_key) key);
  }
  settings_release (&s);
  return 0;
}
