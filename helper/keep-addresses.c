/* SPDX-License-Identifier: MIT */
/* flash-helper keep-addresses: the board's IP addresses outlive their leases.
 *
 * A DHCP client that sets addresses by a script (dhclient) can't run it any more
 * once the disk is overwritten, and the kernel drops an address whose lifetime
 * ends.  So each lifetime becomes for ever (rtnetlink(7), RTM_NEWADDR with
 * NLM_F_REPLACE, as `ip address change` does). */
#include <config.h>

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "commands.h"
#include "report.h"
#include "say.h"

#define FOR_EVER UINT32_MAX
#define ADDRESSES_MAX 64
#define ANSWER_SIZE (32 * 1024) /* the kernel fills at most this much at once */

/* The request that makes one address permanent: the kernel's own message, with
 * another lifetime. */
struct change
{
  _Alignas (struct nlmsghdr) unsigned char message[256];
};

struct changes
{
  size_t nr;
  struct change list[ADDRESSES_MAX];
};

static struct ifa_cacheinfo *
find_lifetime (struct nlmsghdr *header)
{
  struct ifaddrmsg *address = NLMSG_DATA (header);
  int left = (int) IFA_PAYLOAD (header);

  for (struct rtattr *a = IFA_RTA (address); RTA_OK (a, left);
       a = RTA_NEXT (a, left))
    if (a->rta_type == IFA_CACHEINFO
        && RTA_PAYLOAD (a) >= sizeof (struct ifa_cacheinfo))
      return RTA_DATA (a);
  return NULL;
}

/* A copy of what the kernel said, turned into a request. */
static void
take_address (struct changes *changes, const struct nlmsghdr *said)
{
  if (said->nlmsg_type != RTM_NEWADDR || changes->nr == ADDRESSES_MAX
      || said->nlmsg_len < NLMSG_LENGTH (sizeof (struct ifaddrmsg))
      || said->nlmsg_len > sizeof changes->list[0].message)
    return;
  struct nlmsghdr *header = (void *) changes->list[changes->nr].message;
  memcpy (header, said, said->nlmsg_len);
  struct ifa_cacheinfo *lifetime = find_lifetime (header);
  if (!lifetime || lifetime->ifa_valid == FOR_EVER)
    return;
  lifetime->ifa_valid = lifetime->ifa_prefered = FOR_EVER;
  header->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE;
  changes->nr++;
}

/* 1: more follows, 0: the end, -1: errno. */
static int
take_answer (struct changes *changes, const unsigned char *answer, size_t len)
{
  const struct nlmsghdr *header = (const void *) answer;

  for (; NLMSG_OK (header, len); header = NLMSG_NEXT (header, len)) {
    if (header->nlmsg_type == NLMSG_DONE)
      return 0;
    if (header->nlmsg_type == NLMSG_ERROR) {
      const struct nlmsgerr *error = NLMSG_DATA (header);
      if (header->nlmsg_len < NLMSG_LENGTH (sizeof *error)) {
        errno = EPROTO;
        return -1;
      }
      errno = -error->error;
      return error->error == 0 ? 0 : -1;
    }
    take_address (changes, header);
  }
  return 1;
}

static int
receive (int sock, struct changes *changes)
{
  static _Alignas (struct nlmsghdr) unsigned char answer[ANSWER_SIZE];
  int more = 1;

  while (more == 1) {
    ssize_t r = recv (sock, answer, sizeof answer, 0);

    if (r == -1 && errno == EINTR)
      continue;
    if (r <= 0)
      return -1;
    more = take_answer (changes, answer, (size_t) r);
  }
  return more;
}

static int
list_addresses (int sock, struct changes *changes)
{
  struct
  {
    struct nlmsghdr header;
    struct ifaddrmsg address;
  } request = {
    .header = {
      .nlmsg_len = sizeof request, .nlmsg_type = RTM_GETADDR,
      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP
    },
    .address = { .ifa_family = AF_UNSPEC }
  };

  if (send (sock, &request, sizeof request, 0) == -1)
    return -1;
  return receive (sock, changes);
}

static int
change_address (int sock, const struct change *change)
{
  const struct nlmsghdr *header = (const void *) change->message;
  struct changes none = { .nr = ADDRESSES_MAX };        /* only the answer */

  if (send (sock, header, header->nlmsg_len, 0) == -1)
    return -1;
  return receive (sock, &none);
}

/* Best effort: without it the flash is as good as the lease is long. */
int
keep_addresses_command (int argc, char **argv)
{
  static struct changes changes;
  CLEANUP_CLOSE int sock = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
                                   NETLINK_ROUTE);
  char text[160];
  int failed = 0;

  (void) argv;
  if (argc > 1) {
    report_error (ERROR_BUILD_MISMATCH, "usage: keep-addresses");
    return 1;
  }
  if (sock == -1 || list_addresses (sock, &changes) == -1)
    failed = errno;
  for (size_t i = 0; !failed && i < changes.nr; i++)
    if (change_address (sock, &changes.list[i]) == -1)
      failed = errno;
  if (failed) {
    snprintf (text, sizeof text, "the board's addresses keep the lifetimes of "
              "their leases: %s", strerror (failed));
    say ("note", "text", text, NULL);
  }
  return 0;
}
