/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include "cleanup.h"
#include "parameters.h"

static int
replace (char **option, char *value)
{
  if (!value)
    return -1;
  free (*option);
  *option = value;
  return 0;
}

static int
set_once (const char *key, char **option, char *value)
{
  if (*option) {
    free (value);
    nbdkit_error ("%s may be given once only", key);
    return -1;
  }
  return replace (option, value);
}

static char *
duplicate (const char *value)
{
  char *copy = strdup (value);

  if (!copy)
    nbdkit_error ("out of memory");
  return copy;
}

static int
set_size (uint64_t *option, const char *value)
{
  int64_t size = nbdkit_parse_size (value);

  if (size == -1)
    return -1;
  *option = (uint64_t) size;
  return 0;
}

static int
set_share (struct parameters *p, const char *value)
{
  const int share = nbdkit_parse_bool (value);

  p->share_given = true;
  p->share = share == 1;
  return share == -1 ? -1 : 0;
}

static int
set_index (struct parameters *p, const char *value)
{
  p->index_given = true;
  if (strcmp (value, "none") != 0)
    return replace (&p->index_dir, nbdkit_absolute_path (value));
  free (p->index_dir);
  p->index_dir = NULL;
  return 0;
}

int
parameters_set (struct parameters *p, const char *key, const char *value)
{
  if (strcmp (key, "file") == 0)
    return set_once (key, &p->file, nbdkit_absolute_path (value));
  if (strcmp (key, "dir") == 0)
    return set_once (key, &p->dir, nbdkit_absolute_path (value));
  if (strcmp (key, "uri") == 0)
    return set_once (key, &p->uri, duplicate (value));
  if (strcmp (key, "name") == 0)
    return set_once (key, &p->name, duplicate (value));
  if (strcmp (key, "tmpdir") == 0)
    return replace (&p->tmpdir, nbdkit_absolute_path (value));
  if (strcmp (key, "index") == 0)
    return set_index (p, value);
  if (strcmp (key, "threads") == 0)
    return nbdkit_parse_unsigned (key, value, &p->threads);
  if (strcmp (key, "cache") == 0)
    return set_size (&p->cache_size, value);
  if (strcmp (key, "share") == 0)
    return set_share (p, value);
  nbdkit_error ("unknown parameter '%s'", key);
  return -1;
}

/* The XDG Base Directory Specification ignores paths that are not absolute. */
static int
default_index (struct parameters *p)
{
  const char *base = getenv ("XDG_CACHE_HOME"), *below = "";

  if (!base || *base != '/') {
    base = getenv ("HOME");
    below = "/.cache";
  }
  if (!base || *base != '/')
    return 0;
  if (asprintf (&p->index_dir, "%s%s/" PARAMETERS_INDEX_FOLDER, base,
                below) == -1) {
    p->index_dir = NULL;
    nbdkit_error ("out of memory");
    return -1;
  }
  return 0;
}

static int
default_tmpdir (struct parameters *p)
{
  const char *from_environment = getenv ("TMPDIR");

  if (!from_environment || *from_environment == '\0')
    from_environment = PARAMETERS_DEFAULT_TMPDIR;
  return replace (&p->tmpdir, nbdkit_absolute_path (from_environment));
}

int
parameters_complete (struct parameters *p)
{
  const int given = (p->file != NULL) + (p->dir != NULL) + (p->uri != NULL);

  if (given == 0) {
    nbdkit_error ("the image is missing: nbdkit flashimage [file=]IMAGE, or "
                  "dir=DIR for a folder of images, or uri=URI for an image on an "
                  "NBD server");
    return -1;
  }
  if (given > 1) {
    nbdkit_error ("file, dir and uri exclude each other: give one of them");
    return -1;
  }
  if (p->name && !p->uri) {
    nbdkit_error ("name is for an image that uri names");
    return -1;
  }
  if (!p->share_given)
    p->share = p->dir != NULL;
  if (!p->tmpdir && default_tmpdir (p) == -1)
    return -1;
  return p->index_given ? 0 : default_index (p);
}

void
parameters_free (struct parameters *p)
{
  free (p->file);
  free (p->dir);
  free (p->uri);
  free (p->name);
  free (p->tmpdir);
  free (p->index_dir);
}
