/*
 * lan_ear.c - a program on the local network that is not Topo: it shares the port of multicast DNS
 * with whoever else uses it on this machine, bound to the host as those programs are.
 *
 *   lan_ear INTERFACE hear FILE   writes "ready", and then a line for every datagram of the group:
 *                                 who sent it, and its bytes in hexadecimal
 *   lan_ear INTERFACE ask         asks who offers the service
 *   lan_ear INTERFACE hold        takes the port for itself, by IPv4, writes "ready", and waits
 *   lan_ear INTERFACE annoy N     sends N rounds of datagrams that nobody should send
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT = 5353, V4 = 0, V6 = 1, FAMILIES = 2, LONGEST = 9000 };

static int sockets[FAMILIES];
static struct sockaddr_in group4;
static struct sockaddr_in6 group6;

static void need(bool held, const char *what)
{
  if (held)
    return;
  perror(what);
  exit(1);
}

static void open_v4(int index)
{
  struct ip_mreqn r = {.imr_ifindex = index};
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  int on = 1, ttl = 255;
  int fd = sockets[V4] = socket(AF_INET, SOCK_DGRAM, 0);
  inet_pton(AF_INET, "224.0.0.251", &r.imr_multiaddr);
  group4 = any;
  group4.sin_addr = r.imr_multiaddr;
  need(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0, "SO_REUSEADDR");
  need(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl, sizeof ttl) == 0, "IP_MULTICAST_TTL");
  need(setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &r, sizeof r) == 0, "IP_MULTICAST_IF");
  need(bind(fd, (struct sockaddr *)&any, sizeof any) == 0, "bind");
  need(setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &r, sizeof r) == 0, "IP_ADD_MEMBERSHIP");
}

static void open_v6(int index)
{
  struct ipv6_mreq r = {.ipv6mr_interface = (unsigned)index};
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(PORT)};
  int on = 1, hops = 255;
  int fd = sockets[V6] = socket(AF_INET6, SOCK_DGRAM, 0);
  inet_pton(AF_INET6, "ff02::fb", &r.ipv6mr_multiaddr);
  group6 = any;
  group6.sin6_addr = r.ipv6mr_multiaddr;
  group6.sin6_scope_id = (unsigned)index;
  need(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0, "SO_REUSEADDR");
  need(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0, "IPV6_V6ONLY");
  need(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof hops) == 0, "HOPS");
  need(setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, &index, sizeof index) == 0, "IF");
  need(bind(fd, (struct sockaddr *)&any, sizeof any) == 0, "bind");
  need(setsockopt(fd, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, &r, sizeof r) == 0, "ADD_MEMBERSHIP");
}

/* ---- hearing --------------------------------------------------------------------------------- */

static void write_line(FILE *out, const struct sockaddr_storage *from, const uint8_t *data,
                       size_t n)
{
  char text[INET6_ADDRSTRLEN] = "?";
  if (from->ss_family == AF_INET)
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)from)->sin_addr, text,
              sizeof text);
  else
    inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, text,
              sizeof text);
  fprintf(out, "%s ", text);
  for (size_t i = 0; i < n; i++)
    fprintf(out, "%02x", data[i]);
  fputc('\n', out);
  fflush(out);
}

static _Noreturn void hear(const char *path)
{
  static uint8_t data[LONGEST];
  FILE *out = fopen(path, "w");
  need(out != NULL, path);
  fputs("ready\n", out);
  fflush(out);
  for (;;) {
    struct pollfd fds[FAMILIES] = {{sockets[V4], POLLIN, 0}, {sockets[V6], POLLIN, 0}};
    need(poll(fds, FAMILIES, -1) > 0, "poll");
    for (unsigned i = 0; i < FAMILIES; i++) {
      struct sockaddr_storage from;
      socklen_t len = sizeof from;
      ssize_t n = fds[i].revents ? recvfrom(fds[i].fd, data, sizeof data, MSG_DONTWAIT,
                                            (struct sockaddr *)&from, &len)
                                 : -1;
      if (n >= 0)
        write_line(out, &from, data, (size_t)n);
    }
  }
}

/* ---- speaking -------------------------------------------------------------------------------- */

static void say(const void *data, size_t len)
{
  (void)!sendto(sockets[V4], data, len, 0, (struct sockaddr *)&group4, sizeof group4);
  (void)!sendto(sockets[V6], data, len, 0, (struct sockaddr *)&group6, sizeof group6);
}

static int ask(void)
{
  static const char query[] = "\0\0\0\0\0\1\0\0\0\0\0\0\5_topo\4_udp\5local\0\0\x0c\0\1";
  say(query, sizeof query - 1);
  return 0;
}

/* Names that point at themselves, and at each other; the most records that a head can promise; a
 * datagram of the greatest size, full of labels; one that is longer; noise; and CNAME records,
 * which have ended others. */
static int annoy(unsigned long rounds)
{
  static const char loop[] = "\0\0\x84\0\0\0\0\1\0\0\0\0\xc0\x0c\0\x0c\0\1\0\0\0\1\0\2\xc0\x0c";
  static const char pair[] = "\0\0\0\0\0\1\0\0\0\0\0\0\xc0\x0e\xc0\x0c\0\x0c\0\1";
  static const char promise[] = "\0\0\x84\0\xff\xff\xff\xff\xff\xff\xff\xff";
  static const char cname[] = "\0\0\x84\0\0\0\0\1\0\0\0\0\5_topo\4_udp\5local\0\0\5\0\1\0\0\0\1"
                              "\0\2\xc0\x0c";
  static uint8_t full[LONGEST + 1];
  uint32_t seed = 1;
  full[2] = 0x84;
  full[7] = 64;
  for (size_t i = 12; i < sizeof full; i++)
    full[i] = i % 2 ? 'x' : 1;
  for (unsigned long n = 0; n < rounds; n++) {
    uint8_t noise[300];
    for (size_t i = 0; i < sizeof noise; i++)
      noise[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
    say(loop, sizeof loop - 1);
    say(pair, sizeof pair - 1);
    say(promise, sizeof promise - 1);
    say(cname, sizeof cname - 1);
    say(full, LONGEST);
    say(full, LONGEST + 1);
    say(noise, sizeof noise);
    say(noise, n % 13);
  }
  return 0;
}

/* Until it is killed. */
static _Noreturn void hold(void)
{
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  need(bind(fd, (struct sockaddr *)&any, sizeof any) == 0, "bind");
  puts("ready");
  fflush(stdout);
  for (;;)
    pause();
}

int main(int argc, char **argv)
{
  int index = argc > 2 ? (int)if_nametoindex(argv[1]) : 0;
  need(index > 0, "usage: lan_ear INTERFACE hear FILE | ask | hold | annoy N");
  if (strcmp(argv[2], "hold") == 0)
    hold();
  open_v4(index);
  open_v6(index);
  if (argc == 4 && strcmp(argv[2], "hear") == 0)
    hear(argv[3]);
  if (argc == 4 && strcmp(argv[2], "annoy") == 0)
    return annoy(strtoul(argv[3], NULL, 10));
  return ask();
}
