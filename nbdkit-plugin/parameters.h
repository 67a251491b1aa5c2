/* SPDX-License-Identifier: MIT */
/* The parameters of the command line: nbdkit flashimage KEY=VALUE... */

#ifndef FLASHIMAGE_PARAMETERS_H
#define FLASHIMAGE_PARAMETERS_H

#include <stdbool.h>
#include <stdint.h>

struct parameters
{
  char *file;           /* either this ... */
  char *dir;            /* ... or this ... */
  char *uri;            /* ... or this */
  char *name;           /* of the image at URI, for messages */
  char *tmpdir;
  char *index_dir;      /* NULL: no scan is remembered */
  bool index_given;
  uint64_t cache_size;  /* 0: the default of image.h, and so below */
  unsigned threads;
  bool share;           /* there are several clients */
  bool share_given;
};

#define PARAMETERS_DEFAULT_TMPDIR "/var/tmp"
#define PARAMETERS_INDEX_FOLDER "flash-live-remote"
#define PARAMETERS_NAMES "file,dir,uri,name,cache,threads,tmpdir,index,share"

#define PARAMETERS_HELP \
  "[file=]IMAGE   The disk image; its format is told by its bytes.\n" \
  "dir=DIR        Instead: serve every image in this folder, each as an export.\n" \
  "uri=URI        Instead: an image on an NBD server, one of these or any other.\n" \
  "name=TEXT      What messages call the image at URI (default: URI).\n" \
  "cache=SIZE     Memory for decoded data, of all images together (default: a\n" \
  "               quarter of the RAM).\n" \
  "share=BOOL     Keep what was decoded for clients that come later, up to\n" \
  "               cache=SIZE (default: yes with dir=, else no).\n" \
  "threads=N      Decoding threads (default: one for each CPU).\n" \
  "tmpdir=DIR     Where large images without random access are unpacked to\n" \
  "               (default: $TMPDIR or " PARAMETERS_DEFAULT_TMPDIR ").\n" \
  "index=DIR|none Where scans are remembered (default:\n" \
  "               $XDG_CACHE_HOME/" PARAMETERS_INDEX_FOLDER \
  " or ~/.cache/" PARAMETERS_INDEX_FOLDER ")."

/* Both: 0, or -1, reported.  Paths become absolute, so only before nbdkit
 * forks. */
int parameters_set (struct parameters *p, const char *key, const char *value);
int parameters_complete (struct parameters *p);

void parameters_free (struct parameters *p);    /* what it holds, not P */

#endif
