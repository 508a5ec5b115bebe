/*
 * address.h - a UDP address, IPv4 or IPv6.
 *
 * Outside of this room an IPv4 address is always AF_INET. On a dual-stack socket the kernel wants
 * and gives it as ::ffff:a.b.c.d; the conversions live here.
 */
#ifndef TOPO_NET_ADDRESS_H
#define TOPO_NET_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

struct topo_net_address {
  union {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
  };
};

enum { TOPO_NET_ADDRESS_TEXT = 64 }; /* bytes that topo_net_address_format may need, NUL included */

/* Copies a socket address. 0, or TOPO_EINVAL when it is neither AF_INET nor AF_INET6 or too short.
 */
int topo_net_address_set(struct topo_net_address *out, const struct sockaddr *sa, socklen_t len);
/* Reads a numeric address without its port ("192.0.2.1", "2001:db8::1", "fe80::1%eth0"); never asks
 * a name server. 0 or TOPO_EINVAL. */
int topo_net_address_parse(struct topo_net_address *out, const char *text, uint16_t port);
/* "192.0.2.1:4433" or "[2001:db8::1]:4433". Returns `out`. */
char *topo_net_address_format(const struct topo_net_address *address,
                              char out[static TOPO_NET_ADDRESS_TEXT]);
/* The length of the socket address inside. */
socklen_t topo_net_address_len(const struct topo_net_address *address);
uint16_t topo_net_address_port(const struct topo_net_address *address);
bool topo_net_address_is_any(const struct topo_net_address *address);
/* Same family, address, port and scope. */
bool topo_net_address_equal(const struct topo_net_address *a, const struct topo_net_address *b);

/* Turns AF_INET into ::ffff:a.b.c.d; leaves AF_INET6 alone. */
void topo_net_address_map(struct topo_net_address *address);
/* Turns ::ffff:a.b.c.d into AF_INET; leaves the rest alone. */
void topo_net_address_unmap(struct topo_net_address *address);
/* Whether packets to it travel as IPv4. */
bool topo_net_address_is_v4(const struct topo_net_address *address);

#endif
