/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "digest.h"
#include "file-io.h"
#include "journal.h"
#include "report.h"

/* A slot, numbers big-endian:
 *   0  magic            8
 *   8  version          4
 *  12  flags            4   bit 0: first chunk durable
 *  16  session         16
 *  32  sequence         8
 *  40  disk size        8
 *  48  target size      8
 *  56  position         8
 *  64  zeroed           8
 *  72  needed           8
 *  80  zeroes          32
 * 112  XXH3-128 of all before, 16 */
#define SLOT_SIZE 128
#define SUM_OFFSET (SLOT_SIZE - DIGEST_SIZE)
#define JOURNAL_VERSION 2
#define FLAG_FIRST_CHUNK 1u

static const unsigned char magic[8] = { 'F', 'L', 'R', '1', 'J', 'R', 'N', 'L' };

struct journal
{
  int fd;
  uint64_t sequence;            /* of the last update */
};

static void
put_number (unsigned char *p, uint64_t value, size_t bytes)
{
  for (size_t i = bytes; i-- > 0; value >>= 8)
    p[i] = (unsigned char) value;
}

static uint64_t
get_number (const unsigned char *p, size_t bytes)
{
  uint64_t value = 0;

  for (size_t i = 0; i < bytes; i++)
    value = value << 8 | p[i];
  return value;
}

static void
encode_slot (const struct journal_state *state, uint64_t sequence,
             unsigned char slot[SLOT_SIZE])
{
  memset (slot, 0, SLOT_SIZE);
  memcpy (slot, magic, sizeof magic);
  put_number (slot + 8, JOURNAL_VERSION, 4);
  put_number (slot + 12, state->first_chunk ? FLAG_FIRST_CHUNK : 0, 4);
  memcpy (slot + 16, state->session, SESSION_ID_SIZE);
  put_number (slot + 32, sequence, 8);
  put_number (slot + 40, state->disk_size, 8);
  put_number (slot + 48, state->target_size, 8);
  put_number (slot + 56, state->position, 8);
  put_number (slot + 64, state->zeroed, 8);
  put_number (slot + 72, state->needed, 8);
  digest_of (slot, SUM_OFFSET, slot + SUM_OFFSET);
}

/* Whether SLOT is a whole slot of this very session and disk. */
static bool
decode_slot (const unsigned char slot[SLOT_SIZE],
             const struct journal_state *wanted, struct journal_state *state,
             uint64_t *sequence)
{
  unsigned char sum[DIGEST_SIZE];

  digest_of (slot, SUM_OFFSET, sum);
  if (memcmp (slot, magic, sizeof magic) != 0
      || memcmp (sum, slot + SUM_OFFSET, sizeof sum) != 0
      || get_number (slot + 8, 4) != JOURNAL_VERSION
      || memcmp (slot + 16, wanted->session, SESSION_ID_SIZE) != 0)
    return false;
  *state = *wanted;
  state->first_chunk = get_number (slot + 12, 4) & FLAG_FIRST_CHUNK;
  *sequence = get_number (slot + 32, 8);
  state->position = get_number (slot + 56, 8);
  state->zeroed = get_number (slot + 64, 8);
  state->needed = get_number (slot + 72, 8);
  return get_number (slot + 40, 8) == wanted->disk_size
         && get_number (slot + 48, 8) == wanted->target_size
         && state->position <= state->disk_size
         && state->zeroed <= state->position
         && state->needed <= state->position;
}

static bool
find_newest (struct journal *j, const unsigned char slots[2 * SLOT_SIZE],
             struct journal_state *state)
{
  const struct journal_state wanted = *state;
  bool found = false;

  for (int i = 0; i < 2; i++) {
    struct journal_state candidate;
    uint64_t sequence;

    if (decode_slot (slots + i * SLOT_SIZE, &wanted, &candidate, &sequence)
        && (!found || sequence > j->sequence)) {
      *state = candidate;
      j->sequence = sequence;
      found = true;
    }
  }
  return found;
}

/* Both slots exist from the start, so that a full RAM root shows before the
 * first write and not after it. */
static int
take_room (struct journal *j, const char *path)
{
  static const unsigned char empty[2 * SLOT_SIZE];
  ssize_t r = pwrite (j->fd, empty, sizeof empty, 0);

  if (r == (ssize_t) sizeof empty)
    return 0;
  report_error (ERROR_JOURNAL_FAILED,
                "%s: %s", path, r == -1 ? strerror (errno) : "short write");
  return -1;
}

struct journal *
journal_open (const char *path, struct journal_state *state, bool *found)
{
  unsigned char slots[2 * SLOT_SIZE] = { 0 };
  struct journal *j = calloc (1, sizeof *j);

  if (!j) {
    report_error (ERROR_OUT_OF_MEMORY, "no memory for the journal");
    return NULL;
  }
  j->fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (j->fd == -1 || full_pread (j->fd, slots, sizeof slots, 0) == -1) {
    report_error (ERROR_JOURNAL_FAILED, "%s: %s", path, strerror (errno));
    journal_close (j);
    return NULL;
  }
  *found = find_newest (j, slots, state);
  if (!*found && take_room (j, path) == -1) {
    journal_close (j);
    return NULL;
  }
  return j;
}

void
journal_close (struct journal *j)
{
  if (!j)
    return;
  cleanup_close (&j->fd);
  free (j);
}

bool
journal_is_begun (const char *path)
{
  static const unsigned char empty[2 * SLOT_SIZE];
  unsigned char slots[2 * SLOT_SIZE];
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd == -1)
    return errno != ENOENT;
  const ssize_t r = full_read (fd, slots, sizeof slots);
  return r == -1 || memcmp (slots, empty, (size_t) r) != 0;
}

int
journal_update (struct journal *j, const struct journal_state *state)
{
  unsigned char slot[SLOT_SIZE];

  j->sequence++;
  encode_slot (state, j->sequence, slot);
  ssize_t r = pwrite (j->fd, slot, sizeof slot,
                      (off_t) (j->sequence % 2 * SLOT_SIZE));
  if (r == (ssize_t) sizeof slot)
    return 0;
  report_error (ERROR_JOURNAL_FAILED, "the journal can't be written: %s",
                r == -1 ? strerror (errno) : "short write");
  return -1;
}
