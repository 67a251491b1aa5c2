/* SPDX-License-Identifier: MIT */
/* The command line. */

#ifndef FLASH_OPTIONS_H
#define FLASH_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "messages.h"
#include "setting-keys.h"

#define OPTIONS_LIST_MAX 64
#define OPTIONS_BOARDS_MAX 256
#define OPTIONS_WAIT_MAX 86400
#define DEFAULT_WAIT 300        /* seconds */
#define DEFAULT_STOP_SERVICES "container-* marine-* halos-* cockpit docker"

/* What carries the commands to the board: --ssh, --local. */
enum transport { TRANSPORT_LIBSSH, TRANSPORT_OPENSSH, TRANSPORT_LOCAL };

enum flash_mode { FLASH_RAMFS, FLASH_STREAM };

enum command
{
  COMMAND_FLASH, COMMAND_STATUS, COMMAND_ABANDON, COMMAND_VERIFY, COMMAND_IMAGES,
  COMMAND_PRINT_CONFIG          /* --print-config */
};

/* How much of the disk is read back after the copy. */
enum verification { VERIFY_FULL, VERIFY_SAMPLE, VERIFY_OFF };

struct first_boot;              /* first-boot.h */
struct settings;                /* settings-file.h */

struct options
{
  enum command command;
  enum flash_mode mode;
  enum verification verification;
  enum verbosity verbosity;
  enum transport transport;
  bool dry_run, reboot;
  bool json;                    /* records on stdout, no text on stderr */
  bool map;                     /* draw the disk */
  bool rescan;                  /* trust no remembered scan */
  bool rehearse;                /* stop when everything is proven */
  bool lifeboat_given;          /* --lifeboat-port was, so any disk gets one */
  unsigned lifeboat_port;       /* 0: the port of the board's sshd */
  unsigned sample;              /* chunks that `verify` looks at; 0: all */
  const char *session_key;      /* a private key from elsewhere, or NULL */
  const char *busybox;          /* a static one for the board, or NULL */
  const char *confirm;          /* NULL: ask */
  unsigned wait_seconds;        /* for the new system to answer; 0: not at all */
  const char *run;              /* a command there, or NULL */
  const char *host_key;         /* of --host-key, or NULL */
  bool accept_new_host_key;
  const char *device;           /* NULL: the root disk */
  const char *stop_services;    /* may be empty; NULL: not given */
  unsigned keep;                /* a set of bits (keep.h); 0: nothing */
  const char *first_boot_file;  /* of --config, or NULL */
  struct first_boot *first_boot;        /* what it says, once it was read */
  char *user;                   /* NULL: from the configuration */
  const char *host;             /* as given, without the user; with --local this
                                 * machine's name; NULL: no board */
  /* All boards as they were given; USER and HOST are the first's. */
  const char *boards[OPTIONS_BOARDS_MAX];
  size_t nr_boards;
  unsigned jobs;                /* boards at work at once; 0: all */
  const char *image;            /* or the server's URI; NULL: there is none */
  char *image_uri;              /* owned: what IMAGE is of the image server, or NULL */
  const char *image_server;     /* its URI, or NULL */
  /* ssh's own: */
  unsigned port;                /* 0: from the configuration */
  const char *config_file;      /* NULL: the usual ones */
  const char *identities[OPTIONS_LIST_MAX];
  size_t nr_identities;
  const char *settings[OPTIONS_LIST_MAX];       /* -o KEY=VALUE */
  size_t nr_settings;
  /* Where they are from: bits of option-rules.h, and lines of the settings file (0: it
   * does not say).  A board's own options share FILE with all. */
  unsigned given;
  const char *settings_file;    /* of --settings, or NULL */
  struct settings *file;        /* owned; NULL: there is none */
  unsigned setting_lines[SETTING_KEYS];
  bool shares_file;
};

/* What the caller does after options_parse. */
enum options_outcome { OPTIONS_GO_ON, OPTIONS_HELP, OPTIONS_VERSION, OPTIONS_BAD };

/* Parse into OPTIONS, which points into ARGV afterwards.  What is wrong is
 * reported. */
enum options_outcome options_parse (int argc, char *argv[],
                                    struct options *options);
void options_release (struct options *options);

/* USER and HOST of another board, which options_parse has checked.  0, or -1 after
 * a report. */
int options_take_board (struct options *options, size_t board);

/* The options for board NR alone, with its own section of the settings file.  They are
 * released on their own, but before OPTIONS.  0, or -1 after a report. */
int options_for_board (const struct options *options, size_t nr, struct options *board);

/* "libssh", "openssh". */
const char *transport_name (enum transport transport);
const char *flash_mode_name (enum flash_mode mode);
const char *verification_name (enum verification verification);

/* The text of --help. */
const char *options_help (void);

/* The long option that UNKNOWN (without its dashes) was probably meant to be;
 * NULL when none is near. */
const char *options_suggest (const char *unknown);

#endif
