/* address.c - UDP addresses: copying, comparing, reading, writing, mapping. */
#include "net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/status.h"

int topo_net_address_set(struct topo_net_address *out, const struct sockaddr *sa, socklen_t len)
{
  struct topo_net_address a;
  memset(&a, 0, sizeof a);
  if (len >= sizeof a.in && sa->sa_family == AF_INET)
    memcpy(&a.in, sa, sizeof a.in);
  else if (len >= sizeof a.in6 && sa->sa_family == AF_INET6)
    memcpy(&a.in6, sa, sizeof a.in6);
  else
    return TOPO_EINVAL;
  *out = a;
  return 0;
}

/* Cuts "%eth0" off `text` and finds the interface. 0 or TOPO_EINVAL. */
static int split_scope(char *text, uint32_t *scope)
{
  char *percent = strchr(text, '%');
  *scope = 0;
  if (!percent)
    return 0;
  *percent = '\0';
  *scope = if_nametoindex(percent + 1);
  return *scope ? 0 : TOPO_EINVAL;
}

int topo_net_address_parse(struct topo_net_address *out, const char *text, uint16_t port)
{
  struct topo_net_address a;
  char host[TOPO_NET_ADDRESS_TEXT];
  uint32_t scope;
  memset(&a, 0, sizeof a);
  if (strlen(text) >= sizeof host)
    return TOPO_EINVAL;
  strcpy(host, text);
  if (split_scope(host, &scope))
    return TOPO_EINVAL;
  if (inet_pton(AF_INET, host, &a.in.sin_addr) == 1 && !scope) {
    a.in.sin_family = AF_INET;
    a.in.sin_port = htons(port);
  } else if (inet_pton(AF_INET6, host, &a.in6.sin6_addr) == 1) {
    a.in6.sin6_family = AF_INET6;
    a.in6.sin6_port = htons(port);
    a.in6.sin6_scope_id = scope;
  } else {
    return TOPO_EINVAL;
  }
  *out = a;
  return 0;
}

char *topo_net_address_format(const struct topo_net_address *address,
                              char out[static TOPO_NET_ADDRESS_TEXT])
{
  char host[INET6_ADDRSTRLEN] = "?";
  unsigned port = topo_net_address_port(address);
  if (address->sa.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address->in.sin_addr, host, sizeof host);
    snprintf(out, TOPO_NET_ADDRESS_TEXT, "%s:%u", host, port);
  } else {
    inet_ntop(AF_INET6, &address->in6.sin6_addr, host, sizeof host);
    snprintf(out, TOPO_NET_ADDRESS_TEXT, "[%s]:%u", host, port);
  }
  return out;
}

socklen_t topo_net_address_len(const struct topo_net_address *address)
{
  return address->sa.sa_family == AF_INET ? sizeof address->in : sizeof address->in6;
}

uint16_t topo_net_address_port(const struct topo_net_address *address)
{
  return ntohs(address->sa.sa_family == AF_INET ? address->in.sin_port : address->in6.sin6_port);
}

bool topo_net_address_is_any(const struct topo_net_address *address)
{
  if (address->sa.sa_family == AF_INET)
    return address->in.sin_addr.s_addr == htonl(INADDR_ANY);
  return IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr);
}

bool topo_net_address_equal(const struct topo_net_address *a, const struct topo_net_address *b)
{
  if (a->sa.sa_family != b->sa.sa_family)
    return false;
  if (a->sa.sa_family == AF_INET)
    return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
  return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
         memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof a->in6.sin6_addr) == 0;
}

void topo_net_address_map(struct topo_net_address *address)
{
  struct topo_net_address v6;
  if (address->sa.sa_family != AF_INET)
    return;
  memset(&v6, 0, sizeof v6);
  v6.in6.sin6_family = AF_INET6;
  v6.in6.sin6_port = address->in.sin_port;
  v6.in6.sin6_addr.s6_addr[10] = v6.in6.sin6_addr.s6_addr[11] = 0xff;
  memcpy(v6.in6.sin6_addr.s6_addr + 12, &address->in.sin_addr, 4);
  *address = v6;
}

void topo_net_address_unmap(struct topo_net_address *address)
{
  struct topo_net_address v4;
  if (address->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr))
    return;
  memset(&v4, 0, sizeof v4);
  v4.in.sin_family = AF_INET;
  v4.in.sin_port = address->in6.sin6_port;
  memcpy(&v4.in.sin_addr, address->in6.sin6_addr.s6_addr + 12, 4);
  *address = v4;
}

bool topo_net_address_is_v4(const struct topo_net_address *address)
{
  return address->sa.sa_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&address->in6.sin6_addr);
}
