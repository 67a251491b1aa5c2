/* SPDX-License-Identifier: MIT */
/* The users and groups of a root file system, from its /etc/passwd and /etc/group. */

#ifndef FLASH_ACCOUNT_TABLE_H
#define FLASH_ACCOUNT_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "ext4-volume.h"

struct account_table
{
  char *passwd, *group;         /* the texts of the files; owned */
};

struct account
{
  uint32_t user, group;
  char home[256];               /* an absolute path without a slash at its end, or "" */
};

/* 0, or -1 after a report. */
int account_table_read (struct account_table *table, struct ext4_volume *root);
void account_table_release (struct account_table *table);

/* Whether there is the user NAME. */
bool account_table_find (const struct account_table *table, const char *name,
                         struct account *account);
/* The group NAME; 0, root's, when there is none. */
uint32_t account_table_group (const struct account_table *table, const char *name);

#endif
