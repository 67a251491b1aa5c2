/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "message-sink.h"
#include "messages.h"
#include "option-values.h"
#include "server-image.h"
#include "setting-merge.h"
#include "setting-show.h"
#include "setting-value.h"
#include "settings-file.h"
#include "text-lines.h"
#include "uri-parts.h"

enum source { SOURCE_DEFAULT, SOURCE_FILE, SOURCE_COMMAND_LINE };

static enum source
source_of (const struct options *o, enum setting_key key)
{
  return o->setting_lines[key] ? SOURCE_FILE
         : setting_is_given (o, key) ? SOURCE_COMMAND_LINE : SOURCE_DEFAULT;
}

/* -- As a file ------------------------------------------------------------- */

/* A path of the command line, from the folder that it was given in. */
static const char *
make_absolute (enum setting_key key, const char *value, char text[SETTING_TEXT_MAX])
{
  char folder[SETTING_TEXT_MAX / 2];

  if (!setting_key_is_path (key) || *value == '/' || strcmp (value, "-") == 0
      || (key == SETTING_HOST_KEY && option_is_fingerprint (value))
      || !getcwd (folder, sizeof folder)
      || (size_t) snprintf (text, SETTING_TEXT_MAX, "%s/%s", folder, value)
         >= SETTING_TEXT_MAX)
    return value;
  return text;
}

/* Whether a file can say it: not what is said for one flash only, for example. */
static bool
can_be_set (enum setting_key key, const char *value)
{
  CLEANUP_FREE char *line = NULL;
  const struct setting *read = NULL;
  struct settings file;
  bool can;
  const int length = asprintf (&line, "%s = %s\n", setting_key_name (key), value);

  if (length == -1) {
    line = NULL;
    return false;
  }
  message_hold_errors ();
  if (settings_parse (&file, "", "", line, (size_t) length) == 0)
    read = settings_find (&file, NULL, key);
  message_release_errors ();
  can = read && strcmp (read->value, value) == 0;
  settings_release (&file);
  return can;
}

/* What the file says, but is not taken here: beside the others it has no use. */
static bool
show_unused (const struct options *o, enum setting_key key, FILE *f)
{
  const struct setting *s = o->file ? settings_find (o->file, o->host, key) : NULL;

  if (!s)
    return false;
  fprintf (f, "# %s:%u; with the other settings it has no use\n# %s = %s\n",
           o->file->name, s->line, setting_key_name (key), s->value);
  return true;
}

static void
show_one (const struct options *o, enum setting_key key, FILE *f)
{
  const enum source source = source_of (o, key);
  char text[SETTING_TEXT_MAX], path[SETTING_TEXT_MAX];
  const char *value = setting_text (o, key, text);

  if (source == SOURCE_DEFAULT && show_unused (o, key, f))
    return;
  if (source == SOURCE_COMMAND_LINE)
    value = make_absolute (key, value, path);
  const bool can = source != SOURCE_COMMAND_LINE || can_be_set (key, value);

  if (source == SOURCE_FILE)
    /* So there is one.  NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    fprintf (f, "# %s:%u\n", o->file->name, o->setting_lines[key]);
  else
    fprintf (f, "# %s\n", source == SOURCE_DEFAULT ? "default"
             : can ? "command line" : "command line; a file cannot say it");
  fprintf (f, "%s%s = %s\n", source == SOURCE_DEFAULT || !can ? "# " : "",
           setting_key_name (key), can || text_line_is_clean (value) ? value : "...");
}

void
setting_show_file (const struct options *o, FILE *f)
{
  fprintf (f, "# What holds for %s: flash-live-remote-settings(5)\n",
           o->host ? o->host : "boards without a section");
  if (o->file)
    fprintf (f, "# by %s\n", o->file->name);
  for (int key = 0; key < SETTING_KEYS; key++) {
    fputc ('\n', f);
    show_one (o, (enum setting_key) key, f);
  }
}

/* -- As records ------------------------------------------------------------ */

static void
record_one (const struct options *o, enum setting_key key)
{
  static const char *const sources[] = {
    [SOURCE_DEFAULT] = "default", [SOURCE_FILE] = "file",
    [SOURCE_COMMAND_LINE] = "command_line",
  };
  const enum source source = source_of (o, key);
  char text[SETTING_TEXT_MAX];

  message_record ("setting", "key", setting_key_name (key),
                  "value", setting_text (o, key, text), "source", sources[source],
                  "file", source == SOURCE_FILE ? o->file->name : "",
                  "line", source == SOURCE_FILE
                          ? RECORD_NUMBER (o->setting_lines[key]) : "", NULL);
}

void
setting_record_all (const struct options *o)
{
  for (int key = 0; key < SETTING_KEYS; key++)
    record_one (o, (enum setting_key) key);
}

void
setting_record_set (const struct options *o)
{
  for (int key = 0; key < SETTING_KEYS; key++)
    if (o->setting_lines[key])
      record_one (o, (enum setting_key) key);
}

/* -- Beside a flash -------------------------------------------------------- */

char *
setting_list_set (const struct options *o, const struct options *base)
{
  char value[SETTING_TEXT_MAX], *text = NULL;
  size_t size, nr = 0;
  FILE *f = open_memstream (&text, &size);

  if (!f)
    return NULL;
  for (int k = 0; k < SETTING_KEYS; k++) {
    const enum setting_key key = (enum setting_key) k;

    if (o->setting_lines[key] == 0
        || (base && base->setting_lines[key] == o->setting_lines[key]))
      continue;
    const char *shown = setting_text (o, key, value);
    fprintf (f, "%s%s = %s (line %u)", nr++ ? ", " : "", setting_key_name (key),
             *shown ? shown : "\"\"", o->setting_lines[key]);
  }
  if (fclose (f) == 0 && nr > 0)
    return text;
  free (text);
  return NULL;
}

/* A name that may have been meant as one of the server's. */
static void
hint_at_server (const struct options *o)
{
  if (o->image && o->image_server && !o->image_uri && uri_scheme_length (o->image) == 0
      && access (o->image, F_OK) == -1 && errno == ENOENT)
    message_always ("An image of the image server is written " SERVER_IMAGE_PREFIX "%s.",
                    o->image);
}

void
setting_remind (const struct options *o)
{
  CLEANUP_FREE char *list = setting_list_set (o, NULL);

  if (list)
    message_always ("Set in %s: %s.", o->file->name, list);
  hint_at_server (o);
}
