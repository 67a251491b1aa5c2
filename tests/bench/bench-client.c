/* SPDX-License-Identifier: MIT */
/* The client of `make bench`: times what an NBD server does and compares every
 * byte with the raw image.
 *
 *   bench-client now
 *   bench-client first-byte SOCKET RAW START OFFSET
 *   bench-client random SOCKET RAW READS [OFFSET LENGTH]
 *   bench-client readers SOCKET RAW COUNT [APART [PSK-FILE]]
 *   bench-client run COMMAND [ARGUMENT...]
 *
 * Figures go to stdout, `name=value` a line.  SOCKET is the server's; it is
 * waited for.  START is what `now` has printed before the server was started.
 * With OFFSET and LENGTH the random reads stay there, and that range is read
 * once before.  COUNT readers read all, each from start to end; one begins when the
 * one before it has read APART MiB.  With a file of keys, which has one for the user
 * `bench`, they speak TLS.  `run` drops the command's output. */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libnbd.h>

#include "cleanup.h"

#define FIRST_READ 4096
#define RANDOM_READ (64 * 1024)
#define SEQUENTIAL_READ (1024 * 1024)
#define READERS_MAX 64
#define READS_MAX 1000000
#define SOCKET_WAIT_NS (60 * INT64_C (1000000000))

/* What the server's bytes are compared with.  Constant once opened. */
struct raw
{
  const unsigned char *bytes;
  uint64_t size;
};

static int64_t
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * INT64_C (1000000000) + t.tv_nsec;
}

static double
cpu_seconds (const struct rusage *usage)
{
  return (double) (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec)
         + (double) (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static void
print_client_cpu (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  printf ("client_cpu_s=%.3f\n", cpu_seconds (&usage));
}

static int
parse_number (const char *text, uint64_t most, uint64_t *number)
{
  char *end;

  errno = 0;
  *number = strtoull (text, &end, 10);
  if (errno || end == text || *end || *text == '-' || *number > most) {
    fprintf (stderr, "bench-client: not a number up to %" PRIu64 ": %s\n", most,
             text);
    return -1;
  }
  return 0;
}

/* Mapped until the program ends. */
static int
raw_open (struct raw *raw, const char *path)
{
  CLEANUP_CLOSE int fd = open (path, O_RDONLY | O_CLOEXEC);
  struct stat st;

  if (fd == -1 || fstat (fd, &st) == -1) {
    fprintf (stderr, "bench-client: %s: %s\n", path, strerror (errno));
    return -1;
  }
  raw->size = (uint64_t) st.st_size;
  raw->bytes = mmap (NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (raw->bytes == MAP_FAILED) {
    fprintf (stderr, "bench-client: mmap: %s: %s\n", path, strerror (errno));
    return -1;
  }
  return 0;
}

/* --- connections ------------------------------------------------------- */

static int
connect_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int64_t deadline = now_ns () + SOCKET_WAIT_NS;
  const struct timespec pause = { .tv_nsec = 500000 };
  CLEANUP_CLOSE int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd == -1 || strlen (path) >= sizeof address.sun_path) {
    fprintf (stderr, "bench-client: no socket for %s\n", path);
    return -1;
  }
  strcpy (address.sun_path, path);
  while (connect (fd, (struct sockaddr *) &address, sizeof address) == -1) {
    if ((errno != ENOENT && errno != ECONNREFUSED) || now_ns () > deadline) {
      fprintf (stderr, "bench-client: %s: %s\n", path, strerror (errno));
      return -1;
    }
    nanosleep (&pause, NULL);
  }
  const int connected = fd;
  fd = -1;
  return connected;
}

/* To be closed with nbd_close.  NULL after a message. */
static struct nbd_handle *
connect_server (const char *path, const struct raw *raw, const char *psk_file)
{
  const int fd = connect_socket (path);
  struct nbd_handle *nbd = fd == -1 ? NULL : nbd_create ();

  if (!nbd)
    return NULL;
  if ((psk_file && (nbd_set_tls (nbd, LIBNBD_TLS_REQUIRE) == -1
                    || nbd_set_tls_username (nbd, "bench") == -1
                    || nbd_set_tls_psk_file (nbd, psk_file) == -1))
      || nbd_connect_socket (nbd, fd) == -1) {
    fprintf (stderr, "bench-client: %s\n", nbd_get_error ());
    nbd_close (nbd);
    return NULL;
  }
  if (nbd_get_size (nbd) != (int64_t) raw->size) {
    fprintf (stderr, "bench-client: the export has %" PRIi64 " bytes, the raw "
             "image %" PRIu64 "\n", nbd_get_size (nbd), raw->size);
    nbd_close (nbd);
    return NULL;
  }
  return nbd;
}

static int
read_and_compare (struct nbd_handle *nbd, const struct raw *raw, void *buf,
                  size_t len, uint64_t offset)
{
  if (nbd_pread (nbd, buf, len, offset, 0) == -1) {
    fprintf (stderr, "bench-client: %zu bytes at %" PRIu64 ": %s\n", len, offset,
             nbd_get_error ());
    return -1;
  }
  if (memcmp (buf, raw->bytes + offset, len) != 0) {
    fprintf (stderr, "bench-client: %zu bytes at %" PRIu64
             " differ from the raw image\n", len, offset);
    return -1;
  }
  return 0;
}

/* --- first-byte -------------------------------------------------------- */

static int
first_byte (const char *socket_path, const struct raw *raw, char *const args[])
{
  unsigned char buf[FIRST_READ];
  uint64_t start, offset;

  if (parse_number (args[0], INT64_MAX, &start) == -1
      || parse_number (args[1], raw->size - sizeof buf, &offset) == -1)
    return -1;
  struct nbd_handle *nbd = connect_server (socket_path, raw, NULL);
  if (!nbd)
    return -1;
  const int r = read_and_compare (nbd, raw, buf, sizeof buf, offset);
  const int64_t ns = now_ns () - (int64_t) start;
  nbd_close (nbd);
  if (r == 0)
    printf ("p50_ms=%.3f\n", (double) ns / 1e6);
  return r;
}

/* --- random ------------------------------------------------------------ */

/* splitmix64 (Steele, Lea, Flood 2014): the same reads each time, on every
 * machine. */
static uint64_t
next_random (uint64_t *state)
{
  uint64_t z = (*state += UINT64_C (0x9e3779b97f4a7c15));

  z = (z ^ z >> 30) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C (0x94d049bb133111eb);
  return z ^ z >> 31;
}

static int
compare_times (const void *a, const void *b)
{
  const int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

/* The nearest-rank percentile of N sorted times. */
static double
percentile_ms (const int64_t *times, size_t n, size_t percent)
{
  const size_t rank = (n * percent + 99) / 100;

  return (double) times[rank - 1] / 1e6;
}

static int
read_sequentially (struct nbd_handle *nbd, const struct raw *raw,
                   uint64_t offset, uint64_t length)
{
  CLEANUP_FREE unsigned char *buf = malloc (SEQUENTIAL_READ);

  if (!buf)
    return -1;
  for (uint64_t done = 0; done < length;) {
    const size_t len = length - done < SEQUENTIAL_READ
                         ? (size_t) (length - done) : SEQUENTIAL_READ;
    if (read_and_compare (nbd, raw, buf, len, offset + done) == -1)
      return -1;
    done += len;
  }
  return 0;
}

static int
read_at_random (struct nbd_handle *nbd, const struct raw *raw, int64_t *times,
                size_t reads, uint64_t offset, uint64_t length)
{
  CLEANUP_FREE unsigned char *buf = malloc (RANDOM_READ);
  uint64_t state = 1;

  if (!buf)
    return -1;
  for (size_t i = 0; i < reads; i++) {
    const uint64_t at = next_random (&state) % (length - RANDOM_READ + 1);
    const int64_t start = now_ns ();
    if (read_and_compare (nbd, raw, buf, RANDOM_READ, offset + at) == -1)
      return -1;
    times[i] = now_ns () - start;
  }
  return 0;
}

static int
random_reads (const char *socket_path, const struct raw *raw, char *const args[],
              int nr_args)
{
  uint64_t reads, offset = 0, length = raw->size;

  if (parse_number (args[0], READS_MAX, &reads) == -1 || reads == 0)
    return -1;
  if (nr_args == 3
      && (parse_number (args[1], raw->size, &offset) == -1
          || parse_number (args[2], raw->size - offset, &length) == -1))
    return -1;
  if (length < RANDOM_READ)
    return -1;
  CLEANUP_FREE int64_t *times = calloc (reads, sizeof *times);
  struct nbd_handle *nbd = times ? connect_server (socket_path, raw, NULL) : NULL;
  if (!nbd)
    return -1;
  int r = nr_args == 3 ? read_sequentially (nbd, raw, offset, length) : 0;
  if (r == 0)
    r = read_at_random (nbd, raw, times, reads, offset, length);
  nbd_close (nbd);
  if (r == -1)
    return -1;
  qsort (times, reads, sizeof *times, compare_times);
  printf ("p50_ms=%.3f\np99_ms=%.3f\n", percentile_ms (times, reads, 50),
          percentile_ms (times, reads, 99));
  print_client_cpu ();
  return 0;
}

/* --- readers ----------------------------------------------------------- */

/* How far a reader is, for the next one to begin. */
static pthread_mutex_t progress_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t progress = PTHREAD_COND_INITIALIZER;

/* Constant while the threads run, but each thread's own FAILED, and DONE, which the
 * lock guards. */
struct reader
{
  pthread_t thread;
  const char *socket_path, *psk_file;
  const struct raw *raw;
  const struct reader *before;  /* NULL: begin at once */
  uint64_t apart;               /* bytes that BEFORE shall be ahead */
  uint64_t done;                /* bytes; UINT64_MAX at its end */
  int failed;
};

static void
set_done (struct reader *reader, uint64_t done)
{
  pthread_mutex_lock (&progress_lock);
  reader->done = done;
  pthread_cond_broadcast (&progress);
  pthread_mutex_unlock (&progress_lock);
}

static void
wait_for_start (const struct reader *reader)
{
  pthread_mutex_lock (&progress_lock);
  while (reader->before && reader->before->done < reader->apart)
    pthread_cond_wait (&progress, &progress_lock);
  pthread_mutex_unlock (&progress_lock);
}

static int
read_all (struct reader *reader, struct nbd_handle *nbd)
{
  const uint64_t size = reader->raw->size;

  for (uint64_t at = 0; at < size; at += SEQUENTIAL_READ) {
    const uint64_t length = size - at < SEQUENTIAL_READ ? size - at
                                                        : SEQUENTIAL_READ;
    if (read_sequentially (nbd, reader->raw, at, length) == -1)
      return -1;
    set_done (reader, at + length);
  }
  return 0;
}

static void *
run_reader (void *opaque)
{
  struct reader *reader = opaque;

  wait_for_start (reader);
  struct nbd_handle *nbd = connect_server (reader->socket_path, reader->raw,
                                           reader->psk_file);
  reader->failed = !nbd || read_all (reader, nbd) == -1;
  /* So that the server has closed its side, and counted, when this ends. */
  if (nbd && !reader->failed)
    nbd_shutdown (nbd, 0);
  nbd_close (nbd);
  set_done (reader, UINT64_MAX);
  return NULL;
}

static int
readers (const char *socket_path, const struct raw *raw, char *const args[],
         int nr_args)
{
  struct reader all[READERS_MAX];
  uint64_t count, started, apart = 0;
  int failed = 0;

  if (parse_number (args[0], READERS_MAX, &count) == -1
      || (nr_args > 1 && parse_number (args[1], 1 << 20, &apart) == -1))
    return -1;
  const int64_t start = now_ns ();
  for (started = 0; started < count; started++) {
    all[started] = (struct reader) {
      .socket_path = socket_path, .raw = raw, .apart = apart << 20,
      .psk_file = nr_args > 2 ? args[2] : NULL,
      .before = started > 0 ? &all[started - 1] : NULL
    };
    if (pthread_create (&all[started].thread, NULL, run_reader,
                        &all[started]) != 0)
      break;
  }
  for (uint64_t i = 0; i < started; i++) {
    pthread_join (all[i].thread, NULL);
    failed |= all[i].failed;
  }
  if (failed || started < count)
    return -1;
  const double wall_s = (double) (now_ns () - start) / 1e9;
  const double served_mb = (double) raw->size * (double) count / 1e6;
  printf ("served_mb=%.3f\nmb_s=%.1f\n", served_mb, served_mb / wall_s);
  printf ("wall_s=%.3f\n", wall_s);
  print_client_cpu ();
  return 0;
}

/* --- run --------------------------------------------------------------- */

static void
exec_quietly (char *const command[])
{
  const int null = open ("/dev/null", O_WRONLY);

  if (null != -1 && dup2 (null, STDOUT_FILENO) != -1)
    execvp (command[0], command);
  fprintf (stderr, "bench-client: %s: %s\n", command[0], strerror (errno));
  _exit (127);
}

static int
run (char *const command[])
{
  const int64_t start = now_ns ();
  const pid_t pid = fork ();
  struct rusage usage;
  int status;

  if (pid == 0)
    exec_quietly (command);
  if (pid == -1 || wait4 (pid, &status, 0, &usage) == -1) {
    fprintf (stderr, "bench-client: %s: %s\n", command[0], strerror (errno));
    return -1;
  }
  const int64_t ns = now_ns () - start;
  if (status != 0) {
    fprintf (stderr, "bench-client: %s ended with wait status 0x%x\n", command[0],
             (unsigned) status);
    return -1;
  }
  printf ("cpu_s=%.3f\nwall_s=%.3f\nrss_mb=%.1f\n", cpu_seconds (&usage),
          (double) ns / 1e9, (double) usage.ru_maxrss * 1024 / 1e6);
  return 0;
}

/* --- the command line -------------------------------------------------- */

static int
run_mode (int nr_args, char *args[])
{
  struct raw raw;

  if (nr_args == 1 && strcmp (args[0], "now") == 0) {
    printf ("%" PRIi64 "\n", now_ns ());
    return 0;
  }
  if (nr_args >= 2 && strcmp (args[0], "run") == 0)
    return run (args + 1);
  if (nr_args < 4 || raw_open (&raw, args[2]) == -1)
    return -1;
  if (nr_args == 5 && strcmp (args[0], "first-byte") == 0)
    return first_byte (args[1], &raw, args + 3);
  if ((nr_args == 4 || nr_args == 6) && strcmp (args[0], "random") == 0)
    return random_reads (args[1], &raw, args + 3, nr_args - 3);
  if (nr_args <= 6 && strcmp (args[0], "readers") == 0)
    return readers (args[1], &raw, args + 3, nr_args - 3);
  return -1;
}

int
main (int argc, char *argv[])
{
  if (run_mode (argc - 1, argv + 1) == -1) {
    if (argc < 2 || argc > 7)
      fprintf (stderr, "usage: bench-client MODE [ARGUMENT...]\n");
    return EXIT_FAILURE;
  }
  return fflush (stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
