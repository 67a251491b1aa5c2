/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "image-location.h"
#include "report.h"
#include "server-image.h"
#include "uri-parts.h"

const char *
server_image_name (const char *image)
{
  const size_t length = sizeof SERVER_IMAGE_PREFIX - 1;

  return strncmp (image, SERVER_IMAGE_PREFIX, length) == 0 ? image + length : NULL;
}

/* The name goes behind the path of SERVER, in front of its query. */
char *
server_image_uri (const char *server, const char *name)
{
  CLEANUP_FREE char *escaped = uri_escape (name);
  struct uri_parts parts;
  char *uri;

  uri_take_apart (server + uri_scheme_length (server) + 3, &parts);
  const int length = (int) (parts.path_end - server);
  const bool has_slash = parts.path_end > parts.path && parts.path_end[-1] == '/';

  if (!escaped || asprintf (&uri, "%.*s%s%s%s", length, server, has_slash ? "" : "/",
                            escaped, parts.path_end) == -1)
    return NULL;
  return uri;
}

int
server_image_check (const char *server)
{
  CLEANUP_FREE char *uri = NULL;
  struct image_location location;

  if (uri_scheme_length (server) == 0) {
    report_error (ERROR_IMAGE_LOCATION,
                  "%s: the URI of an image server is needed, as in nbds://images.lan",
                  server);
    return -1;
  }
  uri = server_image_uri (server, "image");
  if (!uri) {
    report_error (ERROR_OUT_OF_MEMORY, "out of memory");
    return -1;
  }
  const int result = image_location_parse (uri, &location);

  image_location_release (&location);
  return result;
}
