/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "export-name.h"

static const char *const views[NR_VIEWS] = {
  [DISK_VIEW] = "disk",
  [STORED_VIEW] = "stored",
  [INTEGRITY_VIEW] = "integrity",
  [DIGESTS_VIEW] = "digests"
};

static const char *const suffixes[] = {
  ".img", ".raw", ".iso", ".wic", ".bin", ".usb", ".hddimg",
  ".xz", ".gz", ".zst", ".bz2", ".zip"
};

const char *
view_name (enum view view)
{
  return views[view];
}

bool
view_find (const char *name, enum view *view)
{
  for (int i = 0; i < NR_VIEWS; i++)
    if (strcmp (name, views[i]) == 0) {
      *view = (enum view) i;
      return true;
    }
  return false;
}

size_t
export_name_split (const char *name, enum view *view)
{
  const char *slash = strrchr (name, '/');

  if (slash && view_find (slash + 1, view) && *view != DISK_VIEW)
    return (size_t) (slash - name);
  *view = DISK_VIEW;
  return strlen (name);
}

/* The length of the character at S, or 0: no UTF-8 (RFC 3629: neither overlong
 * nor a surrogate nor beyond U+10FFFF). */
static size_t
utf8_length (const char *s)
{
  const unsigned char *p = (const unsigned char *) s;
  const size_t len = p[0] < 0x80 ? 1 : p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2
    : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;

  for (size_t i = 1; i < len; i++)
    if ((p[i] & 0xc0) != 0x80)
      return 0;
  if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)
      || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
    return 0;
  return len;
}

/* C0, DEL, and C1, which is C2 80 to C2 9F. */
static bool
is_control (const char *s)
{
  const unsigned char *p = (const unsigned char *) s;

  return p[0] < 0x20 || p[0] == 0x7f || (p[0] == 0xc2 && p[1] < 0xa0);
}

static const char *
text_fault (const char *path)
{
  for (const char *p = path; *p; ) {
    size_t len = utf8_length (p);

    if (len == 0)
      return "the name is not UTF-8";
    if (is_control (p))
      return "the name has a control character in it";
    p += len;
  }
  return NULL;
}

bool
image_path_component_ok (const char *name)
{
  return *name != '\0' && *name != '.' && !text_fault (name);
}

bool
image_path_has_suffix (const char *path)
{
  const size_t len = strlen (path);

  for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
    size_t n = strlen (suffixes[i]);

    if (len > n && strcasecmp (path + len - n, suffixes[i]) == 0)
      return true;
  }
  return false;
}

const char *
image_path_fault (const char *path)
{
  const char *fault = text_fault (path);

  if (fault)
    return fault;
  if (*path == '\0' || *path == '/')
    return "not the path of an image below the folder";
  for (const char *p = path; p; p = strchr (p, '/')) {
    p += *p == '/';
    if (*p == '/' || *p == '\0')
      return "the name has an empty component";
    if (*p == '.')
      return "hidden files, \".\" and \"..\" are not served";
  }
  if (!image_path_has_suffix (path))
    return "the name does not end like that of an image";
  return NULL;
}

const char *
export_name_escape (const char *name, char buf[EXPORT_NAME_ESCAPED_SIZE])
{
  /* One more character of 4 bytes, "..." and the NUL still fit. */
  const size_t room = EXPORT_NAME_ESCAPED_SIZE - 4 - 4;
  size_t used = 0;

  while (*name && used < room) {
    size_t len = utf8_length (name);

    if (len == 0 || is_control (name)) {
      snprintf (buf + used, 5, "\\x%02x", (unsigned char) *name);
      used += 4;
      name++;
    }
    else {
      memcpy (buf + used, name, len);
      used += len;
      name += len;
    }
  }
  strcpy (buf + used, *name ? "..." : "");
  return buf;
}
