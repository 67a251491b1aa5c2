/* SPDX-License-Identifier: MIT */
/* Which libraries and programs this one runs with, for --version. */

#ifndef FLASH_LIBRARY_VERSIONS_H
#define FLASH_LIBRARY_VERSIONS_H

#define LIBRARY_VERSIONS_MAX 512

/* A line each, "libssh 0.10.6\n", as they are at run time; of nbdkit what is found
 * on PATH, or that it is not.  Returns TEXT. */
const char *library_versions (char text[LIBRARY_VERSIONS_MAX]);

#endif
