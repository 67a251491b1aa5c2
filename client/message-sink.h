/* SPDX-License-Identifier: MIT */
/* Where everything goes that this program says.  Without a sink it is text for a
 * person, on stderr (messages.c, progress.c).  A sink takes records instead: a type
 * and fields, which flash-live-remote-json(5) lists. */

#ifndef FLASH_MESSAGE_SINK_H
#define FLASH_MESSAGE_SINK_H

#include <stdbool.h>
#include <stdint.h>

#define RECORD_FIELDS_MAX 32    /* as many as a status record has */
#define RECORD_NUMBER_MAX 24

struct message_sink
{
  /* FIELDS: key, value, key, value..., NULL.  Keeps errno. */
  void (*record) (struct message_sink *sink, const char *type,
                  const char *const fields[]);
  /* The program ends on the spot by an interrupt, with nothing written: called by a
   * signal handler.  NULL: nothing is said. */
  void (*last_words) (struct message_sink *sink);
};

/* SINK must stay; NULL: text again. */
void message_sink_set (struct message_sink *sink);
/* Whether a person reads along: then records are not taken. */
bool message_sink_is_text (void);

/* Give a record to the sink; nothing happens without one.  A field that is "" is
 * not known and is left out.  After TYPE: key, value, key, value..., NULL. */
void message_record (const char *type, ...) __attribute__ ((__sentinel__));
void message_record_fields (const char *type, const char *const fields[]);

/* Values of fields. */
const char *record_number (uint64_t number, char text[RECORD_NUMBER_MAX]);
const char *record_bool (bool value);
#define RECORD_NUMBER(n) record_number ((n), (char[RECORD_NUMBER_MAX]) { "" })

/* True if there was a sink to say it: for the signal handler of interrupt.c. */
bool message_sink_last_words (void);

/* -- Sinks ----------------------------------------------------------------- */

/* JSON, an object a line, on FD.  BOARD (or NULL) is what records are about that
 * do not name a board themselves; it must stay. */
struct message_sink *message_sink_json (int fd);
void message_sink_json_set_board (const char *board);

/* Lines as of common/status-record.h, but of any length, on FD. */
struct message_sink *message_sink_pipe (int fd);

#endif
