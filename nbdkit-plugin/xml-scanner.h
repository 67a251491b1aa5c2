/* SPDX-License-Identifier: MIT */
/* Goes through an XML text tag by tag: just enough for small machine-written
 * files.  Comments, processing instructions, CDATA and declarations are passed
 * over; attributes are not looked at, entities are left as they are.  Nothing is
 * copied, nothing is allocated. */

#ifndef FLASHIMAGE_XML_SCANNER_H
#define FLASHIMAGE_XML_SCANNER_H

#include <stdbool.h>
#include <stddef.h>

struct xml_scanner
{
  const char *next, *end;       /* what is still to be read */
};

struct xml_tag
{
  const char *name;             /* not terminated */
  size_t name_len;
  const char *attributes;       /* what follows the name, up to ">" */
  size_t attributes_len;
  bool closing;                 /* </name> */
  bool empty;                   /* <name/> */
  /* The text up to the next tag or comment, without white space around it. */
  const char *text;
  size_t text_len;
};

/* 1: TAG is the next one; 0: the text has ended; -1: it ends inside of a tag. */
int xml_scanner_next (struct xml_scanner *scanner, struct xml_tag *tag);

bool xml_tag_is (const struct xml_tag *tag, const char *name);

#endif
