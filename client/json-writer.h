/* SPDX-License-Identifier: MIT */
/* JSON as it is written: one object, its members one after the other.
 *
 * Whatever a string holds, the output is valid UTF-8 on one line: bytes that are
 * no UTF-8 become U+FFFD; control characters, DEL, C1 and the line separators are
 * escaped.  Errors are the stream's: look at ferror or fclose. */

#ifndef FLASH_JSON_WRITER_H
#define FLASH_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json_writer
{
  FILE *f;                      /* the caller's */
  bool has_member;              /* the next one needs a comma */
};

void json_begin_object (struct json_writer *w, FILE *f);
void json_string (struct json_writer *w, const char *key, const char *value);
void json_number (struct json_writer *w, const char *key, uint64_t value);
void json_bool (struct json_writer *w, const char *key, bool value);
/* Ends the object and its line. */
void json_end_object (struct json_writer *w);

#endif
