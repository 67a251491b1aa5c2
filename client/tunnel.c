/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "nbd-requests.h"
#include "remote-command.h"
#include "report.h"
#include "status-record.h"
#include "tunnel.h"

#define TO_BOARD_SIZE (256 * 1024)
#define TO_NBD_SIZE (64 * 1024)
#define CHATTER_MAX 65536       /* what a login shell may print at most */
#define ROUNDS_MAX 16           /* of the pump, before others get their turn */

/* Bytes on their way: those between START and END of DATA. */
struct flow
{
  char *data;
  size_t size, start, end;
};

struct line_buffer
{
  char text[STATUS_RECORD_MAX];
  size_t len;
  bool cutting;                 /* the line was too long: skip its rest */
};

struct tunnel
{
  struct remote_command *command;
  const struct exec_input *first;
  size_t first_sent;            /* of it */
  struct sockaddr_un address;
  int nbd;                      /* -1: not connected, or closed */
  bool nbd_ended;               /* the image server closed its end */
  bool board_ended;             /* the board closed its end */
  bool marked, used, broken;
  size_t chatter;
  struct flow to_board, to_nbd;
  struct nbd_requests requests;
  uint64_t sent;                /* bytes to the board */
  struct line_buffer words, status;     /* stdout before the marker; stderr */
  tunnel_line_fn on_line;
  void *opaque;
};

struct tunnel *
tunnel_open (struct board_connection *c, const char *command,
             const struct exec_input *first, const char *nbd_socket,
             tunnel_line_fn on_line, void *opaque)
{
  struct tunnel *t = calloc (1, sizeof *t);

  if (t) {
    t->nbd = -1;
    t->first = first;
    t->on_line = on_line;
    t->opaque = opaque;
    t->to_board.data = malloc (t->to_board.size = TO_BOARD_SIZE);
    t->to_nbd.data = malloc (t->to_nbd.size = TO_NBD_SIZE);
    t->address.sun_family = AF_UNIX;
    if (nbd_socket)
      strncpy (t->address.sun_path, nbd_socket, sizeof t->address.sun_path - 1);
  }
  if (!t || !t->to_board.data || !t->to_nbd.data) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    tunnel_close (t);
    return NULL;
  }
  t->command = remote_command_new (c, command);
  if (!t->command) {
    tunnel_close (t);
    return NULL;
  }
  return t;
}

void
tunnel_close (struct tunnel *t)
{
  if (!t)
    return;
  remote_command_free (t->command);
  if (t->nbd >= 0)
    close (t->nbd);
  free (t->to_board.data);
  free (t->to_nbd.data);
  free (t);
}

/* -- Lines ---------------------------------------------------------------- */

static void
end_line (struct tunnel *t, struct line_buffer *b)
{
  b->text[b->len] = '\0';
  if (b->len > 0 && b->text[b->len - 1] == '\r')
    b->text[b->len - 1] = '\0';
  if (*b->text)
    t->on_line (t->opaque, b->text, b == &t->words);
  b->len = 0;
}

static void
add_to_lines (struct tunnel *t, struct line_buffer *b, const char *data,
              size_t len)
{
  for (size_t i = 0; i < len; i++) {
    if (data[i] == '\n') {
      if (!b->cutting)
        end_line (t, b);
      b->cutting = false;
    }
    else if (!b->cutting && data[i] != '\0') {
      b->text[b->len++] = data[i];
      if (b->len == sizeof b->text - 1) {
        end_line (t, b);
        b->cutting = true;
      }
    }
  }
}

static void
read_status (struct tunnel *t)
{
  char buf[8192];
  size_t n;

  while ((n = remote_command_read (t->command, REMOTE_STDERR, buf,
                                   sizeof buf)) > 0)
    add_to_lines (t, &t->status, buf, n);
}

/* Straight from where it is kept: it may be a secret. */
static void
send_first (struct tunnel *t)
{
  const size_t left = t->first->size - t->first_sent;

  if (left == 0)
    return;
  const ssize_t n =
    remote_command_write (t->command, (const char *) t->first->data + t->first_sent,
                          left);
  if (n > 0)
    t->first_sent += (size_t) n;
}

/* -- The marker ----------------------------------------------------------- */

static void
connect_nbd (struct tunnel *t)
{
  t->nbd_ended = !*t->address.sun_path;
  if (t->nbd_ended)
    return;                     /* for status lines only */
  t->nbd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (t->nbd >= 0
      && connect (t->nbd, (struct sockaddr *) &t->address,
                  sizeof t->address) == 0
      && fcntl (t->nbd, F_SETFL, O_NONBLOCK) == 0)
    return;
  /* nbdkit has died: the board learns it by the end of the channel. */
  report_error (ERROR_IMAGE_NOT_SERVED,
                "the image server does not answer: %s", strerror (errno));
  t->broken = true;
}

/* The marker is the end of a line, alone or behind words without a newline. */
static void
look_for_marker (struct tunnel *t)
{
  struct flow *f = &t->to_nbd;
  size_t n = remote_command_read (t->command, REMOTE_STDOUT,
                                  f->data + f->end, f->size - f->end);
  char *found;

  f->end += n;
  if (f->end == 0)
    return;
  found = memmem (f->data, f->end, FLASH_TUNNEL_MARKER,
                  strlen (FLASH_TUNNEL_MARKER));
  size_t words = found ? (size_t) (found - f->data) : f->end;
  /* The marker may be in here in part: keep as much as it is long. */
  if (!found)
    words = words > strlen (FLASH_TUNNEL_MARKER)
            ? words - strlen (FLASH_TUNNEL_MARKER) : 0;
  add_to_lines (t, &t->words, f->data, words);
  t->chatter += words;
  f->start = words;
  if (found) {
    if (t->words.len > 0)
      end_line (t, &t->words);
    f->start += strlen (FLASH_TUNNEL_MARKER);
    t->marked = true;
    connect_nbd (t);
  }
  memmove (f->data, f->data + f->start, f->end - f->start);
  f->end -= f->start;
  f->start = 0;
  if (!t->marked && t->chatter > CHATTER_MAX) {
    report_error (ERROR_BOARD_NOISE, "the board's login shell prints without end");
    t->broken = true;
  }
}

/* -- The pump ------------------------------------------------------------- */

static void
lose_nbd (struct tunnel *t)
{
  close (t->nbd);
  t->nbd = -1;
  t->nbd_ended = true;
  t->to_nbd.start = t->to_nbd.end = 0;
}

static void
nbd_to_board (struct tunnel *t)
{
  struct flow *f = &t->to_board;

  for (int round = 0; round < ROUNDS_MAX; round++) {
    if (f->start == f->end && t->nbd >= 0 && !t->nbd_ended
        && remote_command_writable (t->command) > 0) {
      ssize_t n = read (t->nbd, f->data, f->size);

      f->start = f->end = 0;
      if (n > 0) {
        f->end = (size_t) n;
        nbd_requests_take_reply (&t->requests, f->data, f->end);
      }
      else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        t->nbd_ended = true;
    }
    if (f->start == f->end)
      break;
    ssize_t sent = remote_command_write (t->command, f->data + f->start,
                                         f->end - f->start);
    if (sent <= 0)
      break;
    f->start += (size_t) sent;
    t->sent += (size_t) sent;
  }
  if (t->nbd_ended && f->start == f->end && *t->address.sun_path)
    remote_command_send_eof (t->command);
}

static void
board_to_nbd (struct tunnel *t)
{
  struct flow *f = &t->to_nbd;

  for (;;) {
    if (f->start == f->end) {
      f->start = 0;
      f->end = remote_command_read (t->command, REMOTE_STDOUT, f->data, f->size);
    }
    if (f->start == f->end)
      break;
    t->used = true;
    if (t->nbd == -1) {         /* nobody wants it any more */
      f->start = f->end = 0;
      continue;
    }
    ssize_t n = send (t->nbd, f->data + f->start, f->end - f->start,
                      MSG_NOSIGNAL);
    if (n == -1 && errno == EINTR)
      continue;
    if (n == -1) {
      if (errno != EAGAIN)
        lose_nbd (t);
      break;
    }
    f->start += (size_t) n;
    nbd_requests_take_request (&t->requests, (size_t) n);
  }
  if (!t->board_ended && t->nbd >= 0 && f->start == f->end
      && remote_command_eof (t->command, REMOTE_STDOUT)) {
    t->board_ended = true;
    shutdown (t->nbd, SHUT_WR);
  }
}

enum tunnel_state
tunnel_step (struct tunnel *t)
{
  enum remote_command_state state = remote_command_step (t->command);

  if (t->broken)
    return TUNNEL_BROKEN;
  if (state == REMOTE_REFUSED) {
    report_error (ERROR_BOARD_SHELL, "the board's sshd opens no further channel");
    t->broken = true;
    return TUNNEL_BROKEN;
  }
  if (state == REMOTE_STARTING)
    return TUNNEL_OPENING;

  send_first (t);
  if (!t->marked)
    look_for_marker (t);
  if (t->marked && !t->broken) {
    board_to_nbd (t);
    nbd_to_board (t);
  }
  read_status (t);
  if (remote_command_step (t->command) == REMOTE_ENDED) {
    if (t->status.len > 0)
      end_line (t, &t->status);
    return TUNNEL_ENDED;
  }
  return t->broken ? TUNNEL_BROKEN : t->marked ? TUNNEL_OPEN : TUNNEL_OPENING;
}

bool
tunnel_is_used (const struct tunnel *t)
{
  return t->used;
}

int
tunnel_exit_status (const struct tunnel *t)
{
  return remote_command_exit_status (t->command);
}

/* What cannot be sent waits for the network; a request that the board has not sent
 * yet, too: for the time that it takes to come here. */
enum bottleneck
tunnel_waits_for (const struct tunnel *t)
{
  if (t->nbd == -1 || !t->used)
    return BOTTLENECK_UNKNOWN;
  if (t->to_board.start < t->to_board.end
      || remote_command_writable (t->command) == 0)
    return BOTTLENECK_NETWORK;
  return nbd_requests_owed (&t->requests) > 0 ? BOTTLENECK_IMAGE
                                              : BOTTLENECK_NETWORK;
}

uint64_t
tunnel_bytes_sent (const struct tunnel *t)
{
  return t->sent;
}

struct pollfd
tunnel_poll (const struct tunnel *t)
{
  struct pollfd p = { .fd = t->nbd };

  if (t->to_nbd.start < t->to_nbd.end)
    p.events |= POLLOUT;
  if (!t->nbd_ended && t->to_board.start == t->to_board.end
      && remote_command_writable (t->command) > 0)
    p.events |= POLLIN;
  if (p.events == 0)
    p.fd = -1;                  /* else POLLHUP would keep poll from waiting */
  return p;
}
