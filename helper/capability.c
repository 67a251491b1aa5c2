/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "capability.h"

bool
capability_is_effective (unsigned capability)
{
  struct __user_cap_header_struct header = {
    .version = _LINUX_CAPABILITY_VERSION_3,
  };
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

  return syscall (SYS_capget, &header, data) == 0
         && (data[0].effective & 1u << capability);
}
