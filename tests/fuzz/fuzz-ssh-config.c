/* SPDX-License-Identifier: MIT */
/* A file of ssh_config, and what becomes of it for one host. */

#include <config.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz-support.h"
#include "ssh-config.h"

/* libssh gets it line by line. */
static void
check_lines (const char *text)
{
  for (size_t len; *text; text += len + 1) {
    len = strcspn (text, "\n");
    FUZZ_CHECK (text[len] == '\n' && len < 1024);
  }
}

static void
check_config (const struct ssh_config *c)
{
  FUZZ_CHECK (c->host && c->user && c->port >= 1 && c->port <= 65535);
  FUZZ_CHECK (c->alive_interval > 0);
  FUZZ_CHECK (c->address_family == AF_UNSPEC || c->address_family == AF_INET
              || c->address_family == AF_INET6);
  if (c->for_libssh)
    check_lines (c->for_libssh);
  if (c->proxy_command)
    free (ssh_config_expand (c, c->proxy_command));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const int fd = fuzz_memory_file (data, size);
  const unsigned before = fuzz_reports ();
  char path[64];
  struct options options = { .host = "board.lan", .config_file = path };
  struct ssh_config *config, *lifeboat;
  static const char *const keys[] = { "/nonexistent/key", NULL };

  FUZZ_CHECK (fd >= 0 && setenv ("HOME", "/nonexistent", 1) == 0);
  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  config = ssh_config_read (&options);
  if (config) {
    check_config (config);
    lifeboat = ssh_config_for_lifeboat (config, 2222, keys);
    FUZZ_CHECK (lifeboat && lifeboat->port == 2222
                && strcmp (lifeboat->user, "root") == 0);
    ssh_config_free (lifeboat);
  }
  else
    FUZZ_CHECK (fuzz_reports () == before + 1);
  ssh_config_free (config);
  close (fd);
  return 0;
}
