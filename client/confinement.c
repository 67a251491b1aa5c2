/* SPDX-License-Identifier: MIT */
#include <config.h>

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "confinement.h"

/* A filter must know which numbers it reads; elsewhere there is none. */
#if defined __x86_64__ && !defined __ILP32__
#define FILTER_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__ && defined __AARCH64EL__
#define FILTER_ARCH AUDIT_ARCH_AARCH64
#elif defined __ARM_EABI__ && defined __ARMEL__
#define FILTER_ARCH AUDIT_ARCH_ARM
#elif defined __riscv && __riscv_xlen == 64
#define FILTER_ARCH AUDIT_ARCH_RISCV64
#endif

#define COUNT(array) (sizeof (array) / sizeof (array)[0])

#ifdef FILTER_ARCH

static const int forbidden[] = {
  /* other processes */
  SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
  /* the file systems as others see them */
  SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns,
  SYS_name_to_handle_at, SYS_open_by_handle_at, SYS_swapon, SYS_swapoff,
  SYS_quotactl,
  /* code in the kernel, and what reaches far into it; io_uring opens sockets that
   * no filter sees */
  SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_bpf,
  SYS_perf_event_open, SYS_userfaultfd,
  /* its keys */
  SYS_add_key, SYS_request_key, SYS_keyctl,
  /* the machine */
  SYS_reboot, SYS_settimeofday, SYS_clock_settime, SYS_sethostname,
  SYS_setdomainname, SYS_acct, SYS_syslog,
#ifdef SYS_clock_settime64
  SYS_clock_settime64,
#endif
#ifdef SYS_kexec_file_load
  SYS_kexec_file_load,
#endif
#ifdef SYS_iopl
  SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_io_uring_setup
  SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
#endif
#ifdef SYS_pidfd_getfd
  SYS_pidfd_getfd,
#endif
#ifdef SYS_open_tree
  SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
#endif
#ifdef SYS_mount_setattr
  SYS_mount_setattr,
#endif
};

/* Netlink is for getaddrinfo, which asks which addresses this machine has. */
static const int local_families[] = { AF_UNIX };
static const int network_families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };

/* Two for each rule, and what begins and ends them all and the one about sockets. */
#define PROGRAM_MAX (10 + 2 * (COUNT (forbidden) + 2 + COUNT (network_families)))

struct program
{
  struct sock_filter code[PROGRAM_MAX];
  unsigned short len;
};

static void
add (struct program *p, struct sock_filter instruction)
{
  p->code[p->len++] = instruction;
}

static void
load (struct program *p, size_t offset)
{
  add (p, (struct sock_filter) BPF_STMT (BPF_LD | BPF_W | BPF_ABS,
                                         (uint32_t) offset));
}

static void
give (struct program *p, uint32_t action)
{
  add (p, (struct sock_filter) BPF_STMT (BPF_RET | BPF_K, action));
}

/* ACTION when what was loaded is VALUE. */
static void
rule (struct program *p, uint32_t value, uint32_t action)
{
  add (p, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
  give (p, action);
}

/* The value lies in the half of the argument that comes first: all of FILTER_ARCH
 * are little endian. */
static void
add_socket_rule (struct program *p, const int *families, size_t count)
{
  const uint8_t behind = (uint8_t) (2 * count + 2);

  add (p, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0,
                                         behind));
  load (p, offsetof (struct seccomp_data, args[0]));
  for (size_t i = 0; i < count; i++)
    rule (p, (uint32_t) families[i], SECCOMP_RET_ALLOW);
  give (p, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
}

static void
make_program (struct program *p, enum confinement kind)
{
  p->len = 0;
  load (p, offsetof (struct seccomp_data, arch));
  add (p, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JEQ | BPF_K, FILTER_ARCH,
                                         1, 0));
  give (p, SECCOMP_RET_KILL_PROCESS);
  load (p, offsetof (struct seccomp_data, nr));
#ifdef __x86_64__
  /* The numbers of x32 are the same ones behind a bit. */
  add (p, (struct sock_filter) BPF_JUMP (BPF_JMP | BPF_JGE | BPF_K, 0x40000000,
                                         0, 1));
  give (p, SECCOMP_RET_KILL_PROCESS);
#endif
  rule (p, SYS_execve, SECCOMP_RET_USER_NOTIF);
  rule (p, SYS_execveat, SECCOMP_RET_USER_NOTIF);
  for (size_t i = 0; i < COUNT (forbidden); i++)
    rule (p, (uint32_t) forbidden[i], SECCOMP_RET_ERRNO | EPERM);
  if (kind == CONFINED_LOCAL)
    add_socket_rule (p, local_families, COUNT (local_families));
  else
    add_socket_rule (p, network_families, COUNT (network_families));
  give (p, SECCOMP_RET_ALLOW);
}

/* The gate, or -1: this kernel, or what this program runs in, has no such filter. */
static int
install_filter (enum confinement kind)
{
  struct program p;

  make_program (&p, kind);
  const struct sock_fprog filter = { .len = p.len, .filter = p.code };
  return (int) syscall (SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                        SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

#else

static int
install_filter (enum confinement kind)
{
  (void) kind;
  return -1;
}

#endif

/* -- The gate's way to the parent ------------------------------------------ */

union rights
{
  struct cmsghdr header;
  char space[CMSG_SPACE (sizeof (int))];
};

static int
send_gate (int channel, int gate)
{
  char word = 'g';
  struct iovec data = { .iov_base = &word, .iov_len = 1 };
  union rights rights;
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1,
                            .msg_control = &rights,
                            .msg_controllen = sizeof rights };

  memset (&rights, 0, sizeof rights);
  rights.header.cmsg_level = SOL_SOCKET;
  rights.header.cmsg_type = SCM_RIGHTS;
  rights.header.cmsg_len = CMSG_LEN (sizeof gate);
  memcpy (CMSG_DATA (&rights.header), &gate, sizeof gate);
  return sendmsg (channel, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int
confinement_take_gate (int channel)
{
  char word;
  struct iovec data = { .iov_base = &word, .iov_len = 1 };
  union rights rights;
  struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1,
                            .msg_control = &rights,
                            .msg_controllen = sizeof rights };
  ssize_t n;
  int gate;

  memset (&rights, 0, sizeof rights);
  do
    n = recvmsg (channel, &message, MSG_CMSG_CLOEXEC);
  while (n == -1 && errno == EINTR);
  if (n != 1 || message.msg_controllen < CMSG_LEN (sizeof gate))
    return -1;
  memcpy (&gate, CMSG_DATA (&rights.header), sizeof gate);
  return gate;
}

int
confinement_enter (enum confinement kind, int channel)
{
  /* Not 0: the kernel would still hand the dump to a program that collects them. */
  const struct rlimit core = { .rlim_cur = 1, .rlim_max = 1 };
  int gate, result = 0;

  if (setrlimit (RLIMIT_CORE, &core) == -1
      || prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
    return -1;
  gate = install_filter (kind);
  if (gate >= 0) {
    result = send_gate (channel, gate);
    close (gate);
  }
  /* The parent waits for a gate, or for the end. */
  return shutdown (channel, SHUT_WR) == -1 ? -1 : result;
}

/* -- The gate -------------------------------------------------------------- */

/* A kernel that is newer than this program may write more. */
#define STRUCT_MAX 512

/* It cannot be another one than was asked for: the child waits in it, or has ended. */
static void
allow_one (int gate)
{
  union
  {
    struct seccomp_notif about;
    char space[STRUCT_MAX];
  } asked;
  union
  {
    struct seccomp_notif_resp say;
    char space[STRUCT_MAX];
  } answer;

  memset (&asked, 0, sizeof asked);
  memset (&answer, 0, sizeof answer);
  if (ioctl (gate, SECCOMP_IOCTL_NOTIF_RECV, &asked) == -1)
    return;
  answer.say.id = asked.about.id;
  answer.say.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
  /* One that was killed meanwhile needs no answer. */
  (void) ioctl (gate, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}

void
confinement_allow_exec (int gate, int fd, int timeout)
{
  struct pollfd polled[2] = { { .fd = fd, .events = POLLIN },
                              { .fd = gate, .events = POLLIN } };

  for (;;) {
    const int n = poll (polled, 2, timeout);

    if (n == -1 && errno == EINTR)
      continue;
    if (n <= 0 || polled[0].revents)
      return;
    if (polled[1].revents & POLLIN)
      allow_one (gate);
    else
      polled[1].fd = -1;        /* nobody is left behind it */
  }
}
