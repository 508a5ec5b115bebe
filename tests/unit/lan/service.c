/* service.c - see service.h. */
#include "unit/lan/service.h"

#include "base/assert.h"

#include <string.h>

struct topo_lan_label label_of(char c)
{
  struct topo_lan_label label;
  memset(label.bytes, c, sizeof label.bytes);
  return label;
}

struct topo_lan_service service_at(const char *ip, uint16_t port)
{
  struct topo_lan_service s = {.instance = label_of('a'), .host = label_of('b')};
  topo_assert(topo_net_address_parse(&s.address, ip, port) == 0);
  for (unsigned i = 0; i < TOPO_LAN_BEACONS; i++)
    memset(s.beacons[i], (int)i + 1, sizeof s.beacons[i]);
  return s;
}
