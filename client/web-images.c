/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnbd.h>

#include "cleanup.h"
#include "report.h"
#include "web-images.h"

/* What to do about words of nbdkit's curl plugin. */
static const struct { const char *words, *text; } advices[] = {
  { "byte range", "its server gives whole files only (it takes no range requests), and "
                  "an image is read here and there.  Download it first, or put it on a "
                  "server that takes them." },
  { "content-length", "its server does not say how long it is.  Download it first, or "
                      "put it on a server that says so." },
  { "error: 404", "there is no such file on the server.  Look at the name." },
  { "error: 401", "the server wants to know who asks.  Let nbdkit read the password "
                  "from a file, and give its socket: nbdkit -r -U SOCKET curl url=URL "
                  "user=NAME password=+FILE, then nbd+unix:///?socket=SOCKET" },
  { "error: 403", "the server does not give it to this user." },
  { "resolve host", "no machine of that name is known.  Look at the name, and at this "
                    "machine's name service." },
  { "Failed to connect", "the web server cannot be reached.  Look at its name and "
                         "port." },
  { "connect to server", "the web server cannot be reached.  Look at its name and "
                         "port." },
  { "certificate", "the certificate of its server cannot be trusted.  If the server is "
                   "your own, add its authority to those of this machine." },
  { "Timeout", "the web server says nothing." },
  { "Protocol", "the server sends on to what is neither http nor https." },
};

static const char *
find_advice (const char *words)
{
  for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
    if (strstr (words, advices[i].words))
      return advices[i].text;
  return "it cannot be read.";
}

static int
report (const struct image_location *l, struct nbdkit_process *relay,
        const char *error)
{
  const struct timespec pause = { .tv_nsec = 100 * 1000 * 1000 };

  nanosleep (&pause, NULL);     /* for its last words */
  if (!nbdkit_process_service (relay)) {
    nbdkit_process_report_end (relay);
    return -1;
  }
  CLEANUP_FREE char *words = nbdkit_process_last_error (relay);
  CLEANUP_FREE char *shown = image_location_hide (l, words ? words : error);
  report_error (ERROR_WEB_IMAGE,
                "%s: %s\n(%s)", l->shown, find_advice (words ? words : ""),
                shown ? shown : "");
  return -1;
}

/* The relay gives up by itself when the web server says nothing. */
int
web_images_look (const struct image_location *l, const char *socket,
                 struct nbdkit_process *relay)
{
  struct nbd_handle *nbd = nbd_create ();
  int result = -1;

  if (!nbd || nbd_connect_unix (nbd, socket) == -1)
    result = report (l, relay, nbd_get_error ());
  else if (nbd_get_size (nbd) > 0)
    result = 0;
  else
    report_error (ERROR_IMAGE_EMPTY, "%s: the image is empty", l->shown);
  nbd_close (nbd);
  return result;
}
