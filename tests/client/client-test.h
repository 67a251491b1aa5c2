/* SPDX-License-Identifier: MIT */
/* What every unit test of client/ begins with. */

#ifndef FLASH_CLIENT_TEST_H
#define FLASH_CLIENT_TEST_H

#include <config.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#endif
