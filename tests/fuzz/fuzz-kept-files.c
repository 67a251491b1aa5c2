/* SPDX-License-Identifier: MIT */
/* What a board answers about what is to be kept (kept-files.h).  What is taken lies in
 * a place of its item, and its bytes are as many as it says. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz-support.h"
#include "kept-files.h"

#define BEGIN "FLR1-KEEP-BEGIN\n"
#define END "FLR1-KEEP-END\n"

static void
check_file (const struct kept_file *f)
{
  FUZZ_CHECK (f->item < KEEP_ITEMS && f->data && f->data[f->size] == '\0');
  FUZZ_CHECK (f->mode <= 0777 && f->user && f->group && f->account && f->system);
  if (f->item == KEEP_AUTHORIZED_KEYS)
    return;
  FUZZ_CHECK (strncmp (f->path, "/etc/", 5) == 0 && !strstr (f->path, "/."));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static struct kept_files files;
  char *text = malloc (sizeof BEGIN + size + sizeof END);

  FUZZ_CHECK (text);
  memcpy (text, BEGIN, sizeof BEGIN);
  if (size > 0)
    memcpy (text + sizeof BEGIN - 1, data, size);
  memcpy (text + sizeof BEGIN - 1 + size, END, sizeof END);
  const unsigned before = fuzz_reports ();
  if (kept_files_parse (text, &files) == 0)
    for (size_t i = 0; i < files.nr; i++)
      check_file (&files.files[i]);
  else
    FUZZ_CHECK (fuzz_reports () == before + 1);
  kept_files_release (&files);
  free (text);
  return 0;
}
