/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "helper-choice.h"
#include "helper-files.h"
#include "report.h"
#include "terminal-text.h"

/* Names of machines may end in `*`.  The first line that fits counts. */
static const struct guess
{
  const char *machine;
  unsigned bits;                /* 0: whatever they are */
  const char *archs;            /* with blanks between them */
} guesses[] = {
  { "x86_64", 64, "x86_64" },
  { "x86_64", 32, "i686 x86_64" },
  { "x86_64", 0, "x86_64 i686" },
  { "i386", 0, "i686" },
  { "i486", 0, "i686" },
  { "i586", 0, "i686" },
  { "i686", 0, "i686" },
  { "aarch64", 64, "aarch64" },
  { "aarch64", 32, "armv7 armv6 aarch64" },
  { "aarch64", 0, "aarch64 armv7 armv6" },
  { "armv7*", 0, "armv7 armv6" },
  { "armv8*", 0, "armv7 armv6" },
  { "armv6*", 0, "armv6" },
  { "armv5*", 0, "armv6" },
  { "riscv64", 0, "riscv64" },
};

static bool
is_like (const char *machine, const char *pattern)
{
  const size_t len = strlen (pattern);

  if (pattern[len - 1] == '*')
    return strncmp (machine, pattern, len - 1) == 0;
  return strcmp (machine, pattern) == 0;
}

static void
add (struct helper_choice *choice, const char *arch, size_t len)
{
  if (choice->nr == HELPER_ARCHS_MAX || len == 0 || len >= HELPER_ARCH_SIZE)
    return;
  memcpy (choice->archs[choice->nr], arch, len);
  choice->archs[choice->nr++][len] = '\0';
}

void
helper_choice_guess (const char *machine, unsigned bits,
                     struct helper_choice *choice)
{
  memset (choice, 0, sizeof *choice);
  for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
    const struct guess *g = &guesses[i];

    if (!is_like (machine, g->machine) || (g->bits != 0 && g->bits != bits))
      continue;
    for (const char *p = g->archs; *p; p += strspn (p, " ")) {
      const size_t len = strcspn (p, " ");
      add (choice, p, len);
      p += len;
    }
    return;
  }
  if (!strchr (machine, '/'))
    add (choice, machine, strlen (machine));
}

/* -- What there is -------------------------------------------------------- */

/* "armv7, armv6" */
static void
list (const struct helper_choice *choice, char *text, size_t size)
{
  size_t n = 0;

  *text = '\0';
  for (unsigned i = 0; i < choice->nr; i++) {
    const int r = snprintf (text + n, size - n, "%s%s", i > 0 ? ", " : "",
                            choice->archs[i]);
    if (r < 0 || (size_t) r >= size - n)
      return;
    n += (size_t) r;
  }
}

static void
keep_those_with (struct helper_choice *choice, const char *prefix)
{
  unsigned kept = 0;

  for (unsigned i = 0; i < choice->nr; i++)
    if (helper_file_exists (prefix, choice->archs[i]))
      memmove (choice->archs[kept++], choice->archs[i], HELPER_ARCH_SIZE);
  choice->nr = kept;
}

static void
report_no_program (const struct target_probe *board, const char *wanted)
{
  char available[256];

  helper_files_list (HELPER_PROGRAM_PREFIX, available, sizeof available);
  report_error (ERROR_HELPER_MISSING,
                "the board is a %s machine (%u-bit userland), and there is no "
                "flash-helper for it (%s) in %s; this installation has:%s",
                board->machine, board->bits, wanted, helper_files_directory (),
                *available ? available : " none");
}

static void
report_no_busybox (const char *wanted)
{
  report_error (ERROR_BUSYBOX_MISSING,
                "the board has no busybox, which the flash runs in, and this "
                "installation has none for it (%s).\nInstall it there (on Debian: "
                "apt install busybox), or give a static one for the board with "
                "--busybox FILE.", wanted);
}

int
helper_choice_make (const struct flash_job *job, bool with_busybox,
                    struct helper_choice *choice)
{
  const struct target_probe *board = &job->board;
  char wanted[HELPER_ARCHS_MAX * HELPER_ARCH_SIZE];

  helper_choice_guess (board->machine, board->bits, choice);
  if (choice->nr == 0) {
    report_error (ERROR_BOARD_ANSWER, "the board does not say what machine it is");
    return -1;
  }
  list (choice, wanted, sizeof wanted);
  keep_those_with (choice, HELPER_PROGRAM_PREFIX);
  if (choice->nr == 0) {
    report_no_program (board, wanted);
    return -1;
  }
  if (!with_busybox || *board->busybox || job->options->busybox)
    return 0;
  list (choice, wanted, sizeof wanted);
  keep_those_with (choice, HELPER_BUSYBOX_PREFIX);
  if (choice->nr > 0)
    return 0;
  report_no_busybox (wanted);
  return -1;
}

/* -- What does not run ---------------------------------------------------- */

void
helper_choice_note (struct helper_choice *choice, unsigned i, const char *words)
{
  size_t end = strlen (words), start;

  while (end > 0 && words[end - 1] == '\n')
    end--;
  for (start = end; start > 0 && words[start - 1] != '\n'; start--)
    ;
  snprintf (choice->words[i], HELPER_WORDS_SIZE, "%.*s", (int) (end - start),
            words + start);
  terminal_text_clean (choice->words[i]);
}

void
helper_choice_report (const struct helper_choice *choice)
{
  char tried[HELPER_ARCHS_MAX * (HELPER_ARCH_SIZE + HELPER_WORDS_SIZE + 8)];
  size_t n = 0;

  *tried = '\0';
  for (unsigned i = 0; i < choice->nr; i++) {
    const int r = snprintf (tried + n, sizeof tried - n, "\n  %s: %s",
                            choice->archs[i], choice->words[i]);
    if (r < 0 || (size_t) r >= sizeof tried - n)
      break;
    n += (size_t) r;
  }
  report_error (ERROR_HELPER_DOES_NOT_RUN,
                "no flash-helper of this installation runs on the board.  Tried "
                "were:%s", tried);
}
