/*
 * without_ipv6.c - `without_ipv6 PROGRAM ARGUMENT...` runs the program on a machine that has no
 * IPv6, as far as it can see: the kernel answers socket(AF_INET6) as one that was built without it
 * does. Ends with 77 where the kernel cannot filter system calls.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SKIPPED = 77 };

/* The lower half of the first argument; the kernel looks at no more of it either. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FAMILY_AT offsetof(struct seccomp_data, args[0])
#else
#define FAMILY_AT (offsetof(struct seccomp_data, args[0]) + 4)
#endif

int main(int argc, char **argv)
{
  struct sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, FAMILY_AT),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  if (argc < 2)
    return EXIT_FAILURE;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
    return SKIPPED;
  if (socket(AF_INET6, SOCK_DGRAM, 0) >= 0 || errno != EAFNOSUPPORT)
    return SKIPPED;
  execvp(argv[1], argv + 1);
  perror(argv[1]);
  return EXIT_FAILURE;
}
