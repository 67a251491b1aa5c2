/* SPDX-License-Identifier: MIT */
/* The questions about a disk that `flash-helper survey` answers
 * (docs/protocol.md, section 5). */

#ifndef FLASH_HELPER_SURVEY_H
#define FLASH_HELPER_SURVEY_H

#include <stdbool.h>
#include <stdint.h>

#define SURVEY_LINE_MAX 64      /* bytes of a question, its newline included */

enum survey_subject { SURVEY_DIGESTS, SURVEY_BYTES };

struct survey_question
{
  enum survey_subject subject;
  uint64_t offset, length;      /* bytes; inside of the disk, LENGTH is not 0 */
};

/* Parse LINE, which ends with a newline, about a disk of SIZE bytes.  False: it
 * is no question, or one about what is not on the disk; nothing is reported. */
bool survey_parse_question (const char *line, uint64_t size,
                            struct survey_question *question);

#endif
