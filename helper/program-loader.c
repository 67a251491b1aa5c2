/* SPDX-License-Identifier: MIT */
/* `loader FILE`: which program loads FILE's libraries.  Only a look into the
 * file: where the loader does not know the variable that has libraries listed
 * (musl's does not), a program that is started for it just runs. */
#include <config.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "report.h"

#define HEADERS_MAX 256
#define LOADER_MAX 256

struct segment { uint32_t type; uint64_t offset, size; };

/* Where the file's table of segments lies, and one of them, by its class. */
struct layout { uint64_t offset; unsigned entry, nr; bool wide; };

static bool
read_at (int fd, void *buf, size_t size, uint64_t offset)
{
  return offset <= INT64_MAX
         && pread (fd, buf, size, (off_t) offset) == (ssize_t) size;
}

static bool
read_layout (int fd, struct layout *layout)
{
  const uint16_t one = 1;
  const unsigned char order = *(const unsigned char *) &one ? ELFDATA2LSB
                                                            : ELFDATA2MSB;
  Elf64_Ehdr wide;
  Elf32_Ehdr narrow;

  if (!read_at (fd, &narrow, sizeof narrow, 0)
      || memcmp (narrow.e_ident, ELFMAG, SELFMAG) != 0
      || narrow.e_ident[EI_DATA] != order)
    return false;
  if (narrow.e_ident[EI_CLASS] == ELFCLASS32) {
    *layout = (struct layout) { narrow.e_phoff, narrow.e_phentsize,
                                narrow.e_phnum, false };
    return layout->entry >= sizeof (Elf32_Phdr);
  }
  if (narrow.e_ident[EI_CLASS] != ELFCLASS64
      || !read_at (fd, &wide, sizeof wide, 0))
    return false;
  *layout = (struct layout) { wide.e_phoff, wide.e_phentsize, wide.e_phnum,
                              true };
  return layout->entry >= sizeof (Elf64_Phdr);
}

static bool
read_segment (int fd, const struct layout *layout, unsigned nr,
              struct segment *segment)
{
  const uint64_t at = layout->offset + (uint64_t) nr * layout->entry;
  Elf64_Phdr wide;
  Elf32_Phdr narrow;

  if (layout->offset > INT64_MAX)
    return false;
  if (layout->wide) {
    if (!read_at (fd, &wide, sizeof wide, at))
      return false;
    *segment = (struct segment) { wide.p_type, wide.p_offset, wide.p_filesz };
    return true;
  }
  if (!read_at (fd, &narrow, sizeof narrow, at))
    return false;
  *segment = (struct segment) { narrow.p_type, narrow.p_offset,
                                narrow.p_filesz };
  return true;
}

/* Into LOADER, "" for a static program; false: FILE is no program of this
 * machine, or a broken one. */
static bool
find_loader (int fd, char loader[LOADER_MAX])
{
  struct layout layout;
  struct segment segment;

  loader[0] = '\0';
  if (!read_layout (fd, &layout) || layout.nr > HEADERS_MAX)
    return false;
  for (unsigned i = 0; i < layout.nr; i++) {
    if (!read_segment (fd, &layout, i, &segment))
      return false;
    if (segment.type != PT_INTERP)
      continue;
    if (segment.size < 2 || segment.size > LOADER_MAX
        || !read_at (fd, loader, (size_t) segment.size, segment.offset))
      return false;
    return loader[segment.size - 1] == '\0' && loader[0] == '/';
  }
  return true;
}

int
loader_command (int argc, char **argv)
{
  char loader[LOADER_MAX];

  if (argc != 2) {
    report_error (ERROR_BUILD_MISMATCH, "usage: loader FILE");
    return 1;
  }
  CLEANUP_CLOSE int fd = open (argv[1], O_RDONLY | O_CLOEXEC);
  if (fd == -1) {
    report_error (ERROR_DEPLOY_FAILED, "%s: %s", argv[1], strerror (errno));
    return 1;
  }
  if (!find_loader (fd, loader)) {
    report_error (ERROR_DEPLOY_FAILED,
                  "%s: this is no program for this machine", argv[1]);
    return 1;
  }
  return *loader && printf ("%s\n", loader) < 0 ? 1 : fflush (stdout) == EOF;
}
