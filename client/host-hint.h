/* SPDX-License-Identifier: MIT */
/* Why no address was found for a name. */

#ifndef FLASH_HOST_HINT_H
#define FLASH_HOST_HINT_H

/* What HOST may have been meant to be, or what to look at: the rest of a
 * sentence, or one behind a newline; "" if nothing is known.  Valid until the
 * next call; not thread safe. */
const char *host_hint (const char *host);

#endif
