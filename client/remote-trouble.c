/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "remote-trouble.h"
#include "report.h"
#include "terminal-text.h"

/* What to do about words of libnbd (and GnuTLS behind it), which has no codes for
 * them.  Where it words them differently one day, its own words are what is said. */
struct advice
{
  const char *words;            /* in the error */
  enum { ANY, WITH_PSK, WITH_CERTIFICATES } needs;      /* of the location */
  enum error_code code;
  const char *text;             /* goes on after the server's name */
};

static const struct advice advices[] = {
  { "server refused TLS", ANY, ERROR_TLS_REFUSED,
    "does not encrypt.  Set up TLS there; or write nbd:// in place of nbds://, if "
    "everybody on the network between may read and change the image." },
  { "expected NBD magic", ANY, ERROR_SERVER_NOT_NBD,
    "is no NBD server.  Look at the port." },
  { "getaddrinfo", ANY, ERROR_SERVER_UNREACHABLE,
    "cannot be found: no machine of that name is known.  Look at the name, and at "
    "this machine's name service." },
  { "not found in PSK file", ANY, ERROR_TLS_LOGIN,
    "asks for a key that is not there: the file of tls-psk-file= has none for this "
    "user.  It has lines USER:KEY; the user stands in front of the \"@\"." },
  { "Insufficient credentials", WITH_PSK, ERROR_TLS_LOGIN,
    "knows its users by certificates, not by pre-shared keys: give "
    "tls-certificates=FOLDER in place of tls-psk-file=." },
  { "gnutls", WITH_PSK, ERROR_TLS_LOGIN,
    "refuses this user with this key.  Look at the user in front of the \"@\", and "
    "let the key be made anew; or it has certificates (tls-certificates=)." },
  { "certificate verification", WITH_CERTIFICATES, ERROR_TLS_UNTRUSTED,
    "cannot be trusted: its certificate is not signed by the ca-cert.pem of the "
    "certificates' folder, or it is made for another name than the one in the URI, or "
    "it has expired.  Somebody may stand between.  Look at the name; get the "
    "ca-cert.pem of this server from whoever runs it; have its certificate renewed." },
  { "gnutls_record", WITH_CERTIFICATES, ERROR_TLS_LOGIN,
    "has ended the encrypted connection: it wants a certificate of this client.  Put "
    "client-cert.pem and client-key.pem, signed by the server's authority and not "
    "expired, into the certificates' folder." },
  { "gnutls", WITH_CERTIFICATES, ERROR_TLS_LOGIN,
    "agrees on no encryption: it may know its users by pre-shared keys "
    "(nbds://USER@HOST/NAME?tls-psk-file=FILE), or its certificate or this client's is "
    "of no use." },
};

/* What to do about an errno of the connection itself. */
static const struct
{
  int error;
  const char *text;
} refusals[] = {
  { ECONNREFUSED, "takes no connections.  Is the image server running, and is this "
                  "its port?" },
  { ENOENT, "does not exist.  Is the image server running?" },
  { EACCES, "may not be connected to by this user." },
  { EPERM, "may not be connected to from this machine." },
  { EHOSTUNREACH, "cannot be reached: no way leads there, or it is switched off." },
  { ENETUNREACH, "cannot be reached: this machine has no network to it." },
  { ETIMEDOUT, "does not answer.  Is it switched on, and does a firewall let this "
               "machine through?" },
};

/* libnbd's words without the name of its function. */
static const char *
words_of (const char *text)
{
  const char *colon = strstr (text, ": ");

  return colon && strncmp (text, "nbd_", 4) == 0 ? colon + 2 : text;
}

static bool
applies (const struct advice *a, const struct remote_trouble *t,
         const char *text)
{
  if ((a->needs == WITH_PSK && !t->location->psk_file)
      || (a->needs == WITH_CERTIFICATES && !t->location->certificates))
    return false;
  return strstr (text, a->words) != NULL;
}

/* NULL, and the code of a trouble that is not known, where there is none. */
static const char *
find_advice (const struct remote_trouble *t, const char *text, enum error_code *code)
{
  *code = ERROR_SERVER_FAILED;
  for (size_t i = 0; i < sizeof advices / sizeof *advices; i++)
    if (applies (&advices[i], t, text)) {
      *code = advices[i].code;
      return advices[i].text;
    }
  for (size_t i = 0; !t->connected && i < sizeof refusals / sizeof *refusals; i++)
    if (refusals[i].error == t->error) {
      *code = ERROR_SERVER_UNREACHABLE;
      return refusals[i].text;
    }
  return NULL;
}

void
remote_trouble_report (const struct remote_trouble *t, const char *text)
{
  CLEANUP_FREE char *copy = strdup (words_of (text));
  const char *words = copy ? terminal_text_clean (copy) : "";
  const char *server = t->location->server, *advice;
  enum error_code code;

  if (t->silent) {
    report_error (ERROR_SERVER_SILENT,
                  "%s takes connections and says nothing for half a minute: it is "
                  "overloaded or hangs, or it is no NBD server (look at the port)",
                  server);
    return;
  }
  advice = find_advice (t, text, &code);
  if (!advice) {
    report_error (code, "%s: %s", server, words);
    return;
  }
  report_error (code, "%s %s\n(%s)", server, advice, words);
}

void
remote_trouble_report_unencrypted (const struct image_location *l)
{
  report_error (ERROR_TLS_NEEDED,
                "%s admits encrypted connections only: write nbds%s:// in place of "
                "nbd%s://, with ?tls-certificates=FOLDER, or with USER@ and "
                "?tls-psk-file=FILE", l->server, l->socket ? "+unix" : "",
                l->socket ? "+unix" : "");
}
