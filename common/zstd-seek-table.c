/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>

#include "cleanup.h"
#include "image-ops.h"
#include "zstd-frame.h"
#include "zstd-seek-table.h"

#define TABLE_MAGIC UINT32_C (0x184d2a5e)
#define FOOTER_MAGIC UINT32_C (0x8f92eab1)
#define FOOTER_SIZE 9           /* Number_Of_Frames, descriptor, magic */
#define RESERVED_BITS 0x7c      /* of the descriptor */

struct zstd_seek_table
{
  struct zstd_input *input;     /* owned */
  uint64_t offset;              /* of its skippable frame */
  uint64_t nr, next;            /* entries */
  unsigned entry_size;
};

/* Take the footer apart: 0 when it is none. */
static int
read_footer (struct zstd_seek_table *table, uint64_t stored_size,
             struct fault *fault)
{
  const unsigned char *p;
  int n = zstd_input_look (table->input, stored_size - FOOTER_SIZE, FOOTER_SIZE,
                           &p, fault);

  if (n < FOOTER_SIZE)
    return n == -1 ? -1 : 0;
  if (zstd_number (p + 5, 4) != FOOTER_MAGIC || (p[4] & RESERVED_BITS))
    return 0;
  table->nr = zstd_number (p, 4);
  table->entry_size = p[4] & 0x80 ? 12 : 8;

  const uint64_t content = table->nr * table->entry_size + FOOTER_SIZE;
  if (content + ZSTD_SKIPPABLE_HEADER > stored_size)
    return 0;
  table->offset = stored_size - content - ZSTD_SKIPPABLE_HEADER;
  n = zstd_input_look (table->input, table->offset, ZSTD_SKIPPABLE_HEADER, &p,
                       fault);
  if (n < ZSTD_SKIPPABLE_HEADER)
    return n == -1 ? -1 : 0;
  return zstd_number (p, 4) == TABLE_MAGIC && zstd_number (p + 4, 4) == content;
}

struct zstd_seek_table *
zstd_seek_table_read (const struct image *im, struct fault *fault)
{
  struct zstd_seek_table *table;
  int found;

  fault->errnum = 0;
  if (im->stored_size < FOOTER_SIZE + ZSTD_SKIPPABLE_HEADER)
    return NULL;
  table = calloc (1, sizeof *table);
  if (table)
    table->input = zstd_input_new (im);
  if (!table || !table->input) {
    fault_no_memory (fault, "a seek table");
    zstd_seek_table_free (table);
    return NULL;
  }
  found = read_footer (table, im->stored_size, fault);
  if (found == 1)
    return table;
  zstd_seek_table_free (table);
  return NULL;
}

void
zstd_seek_table_free (struct zstd_seek_table *table)
{
  if (!table)
    return;
  free (table->input);
  free (table);
}

uint64_t
zstd_seek_table_offset (const struct zstd_seek_table *table)
{
  return table->offset;
}

int
zstd_seek_table_next (struct zstd_seek_table *table, uint64_t *stored_size,
                      uint64_t *content_size, struct fault *fault)
{
  const uint64_t offset = table->offset + ZSTD_SKIPPABLE_HEADER
                          + table->next * table->entry_size;
  const unsigned char *p;

  if (table->next == table->nr)
    return 0;
  int n = zstd_input_look (table->input, offset, table->entry_size, &p, fault);
  if (n < (int) table->entry_size)
    return n == -1 ? -1 : 0;
  *stored_size = zstd_number (p, 4);
  *content_size = zstd_number (p + 4, 4);
  table->next++;
  return 1;
}
