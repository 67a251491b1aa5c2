/* SPDX-License-Identifier: MIT */
/* `flash-helper survey` on the board, asked over one SSH channel
 * (docs/protocol.md, section 5).  What is made on the board for it goes away
 * with the channel, however that ends. */

#ifndef FLASH_SURVEY_CHANNEL_H
#define FLASH_SURVEY_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flash-job.h"

#define SURVEY_REASON_MAX 256

struct survey_channel;

/* Deploy the helper and wait until it answers about JOB's disk.  NULL after a
 * report: the board is as it was. */
struct survey_channel *survey_channel_open (struct flash_job *job);
/* Let the helper end, and wait until the board has cleaned up.  What goes wrong
 * is reported: it changes nothing of what was answered. */
void survey_channel_finish (struct survey_channel *c);
void survey_channel_free (struct survey_channel *c);    /* NULL is allowed */

/* Ask for the digests of COUNT chunks, FLASH_SURVEY_CHUNKS at most, from FIRST
 * on (an answer for each), or for LENGTH bytes, a chunk at most, at OFFSET.  Never
 * blocks.  False: too many questions wait for answers. */
bool survey_channel_ask_digests (struct survey_channel *c, uint64_t first,
                                 unsigned count);
bool survey_channel_ask_bytes (struct survey_channel *c, uint64_t offset,
                               size_t length);

enum survey_answer
{
  SURVEY_CONTENT,               /* in BUF */
  SURVEY_REASON,                /* in REASON, printable: why there is none */
  SURVEY_LOST                   /* reported; the channel is of no more use */
};
/* Wait for the next answer, in the order of the questions.  LEN is what was
 * asked for. */
enum survey_answer survey_channel_take (struct survey_channel *c, void *buf,
                                        size_t len,
                                        char reason[SURVEY_REASON_MAX]);

#endif
