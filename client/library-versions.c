/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#ifdef HAVE_EXT2FS
#include <ext2fs/ext2fs.h>
#endif
#include <libnbd.h>
#include <libssh/libssh.h>
#include <nettle/version.h>

#include "library-versions.h"
#include "terminal-text.h"

#define NBDKIT_MAX 100

/* "nbdkit 1.32.5": its own first line. */
static void
ask_nbdkit (char line[NBDKIT_MAX])
{
  /* As the shell finds it for a flash.  NOLINTNEXTLINE(cert-env33-c) */
  FILE *f = popen ("nbdkit --version 2>/dev/null", "r");

  if (!f || !fgets (line, NBDKIT_MAX, f))
    strcpy (line, "nbdkit not found");
  if (f)
    pclose (f);
  line[strcspn (line, "\n")] = '\0';
  terminal_text_clean (line);
}

static const char *
ext2fs_version (void)
{
  const char *version = "not there: no --keep";

#ifdef HAVE_EXT2FS
  ext2fs_get_library_version (&version, NULL);
#endif
  return version;
}

const char *
library_versions (char text[LIBRARY_VERSIONS_MAX])
{
  char nbdkit[NBDKIT_MAX];
  struct nbd_handle *nbd = nbd_create ();

  ask_nbdkit (nbdkit);
  snprintf (text, LIBRARY_VERSIONS_MAX,
            "libssh %s\nlibnbd %s\nlibext2fs %s\nnettle %d.%d\n%s\n",
            ssh_version (0), nbd ? nbd_get_version (nbd) : "unknown",
            ext2fs_version (), nettle_version_major (), nettle_version_minor (),
            nbdkit);
  nbd_close (nbd);
  return text;
}
