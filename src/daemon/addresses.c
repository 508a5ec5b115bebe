/* addresses.c - addresses as text, as socket addresses, and as bytes of an invite. */
#include "daemon/addresses.h"

#include "base/status.h"

#include <stdlib.h>
#include <string.h>

int topo_addresses_parse(struct topo_net_address *out, const char *text)
{
  char ip[TOPO_NET_ADDRESS_TEXT];
  const char *colon = strrchr(text, ':');
  char *end = NULL;
  if (!colon || colon == text || colon[1] < '0' || colon[1] > '9')
    return TOPO_EINVAL;
  unsigned long port = strtoul(colon + 1, &end, 10);
  size_t len = (size_t)(colon - text);
  bool bracketed = text[0] == '[' && text[len - 1] == ']';
  if (*end || port > UINT16_MAX || len >= sizeof ip)
    return TOPO_EINVAL;
  /* An IPv6 address has brackets: "::1" could be an address, or the address "::" and port 1. */
  if (!bracketed && memchr(text, ':', len))
    return TOPO_EINVAL;
  if (bracketed) {
    text++;
    len -= 2;
  }
  memcpy(ip, text, len);
  ip[len] = '\0';
  if (bracketed && !strchr(ip, ':'))
    return TOPO_EINVAL;
  return topo_net_address_parse(out, ip, (uint16_t)port);
}

bool topo_addresses_to_net(struct topo_net_address *out, const struct topo_address *a)
{
  memset(out, 0, sizeof *out);
  if (a->len == 7 && a->bytes[0] == 4) {
    out->in.sin_family = AF_INET;
    memcpy(&out->in.sin_addr, a->bytes + 1, 4);
    memcpy(&out->in.sin_port, a->bytes + 5, 2); /* both are big-endian */
    return true;
  }
  if (a->len == 19 && a->bytes[0] == 6) {
    out->in6.sin6_family = AF_INET6;
    memcpy(&out->in6.sin6_addr, a->bytes + 1, 16);
    memcpy(&out->in6.sin6_port, a->bytes + 17, 2);
    return true;
  }
  return false;
}

struct topo_address topo_addresses_from_net(const struct topo_net_address *address)
{
  struct topo_net_address a = *address;
  struct topo_address out = {.len = 7};
  topo_net_address_unmap(&a);
  if (a.sa.sa_family == AF_INET) {
    out.bytes[0] = 4;
    memcpy(out.bytes + 1, &a.in.sin_addr, 4);
    memcpy(out.bytes + 5, &a.in.sin_port, 2);
    return out;
  }
  out.len = 19;
  out.bytes[0] = 6;
  memcpy(out.bytes + 1, &a.in6.sin6_addr, 16);
  memcpy(out.bytes + 17, &a.in6.sin6_port, 2);
  return out;
}

size_t topo_addresses_reachable(struct topo_address out[static TOPO_NODE_ADDRESSES_MAX],
                                const struct topo_net_address *bound,
                                const struct topo_interfaces *interfaces)
{
  if (!topo_net_address_is_any(bound)) {
    out[0] = topo_addresses_from_net(bound);
    return 1;
  }
  in_port_t port = htons(topo_net_address_port(bound));
  for (size_t i = 0; i < interfaces->n_addresses; i++) {
    struct topo_net_address a = interfaces->addresses[i].address;
    if (a.sa.sa_family == AF_INET)
      a.in.sin_port = port;
    else
      a.in6.sin6_port = port;
    out[i] = topo_addresses_from_net(&a);
  }
  return interfaces->n_addresses;
}
