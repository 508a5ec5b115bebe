/* known.c - the instances that were heard of; see known.h. */
#include "lan/known.h"

#include <string.h>

static const uint64_t half_second_ns = 500000000;

void topo_lan_known_put(struct topo_lan_known *known, const struct topo_lan_label *instance,
                        uint32_t ttl_s, uint64_t now_ns)
{
  size_t i = 0;
  while (i < TOPO_LAN_KNOWN_MAX &&
         (known->entries[i].until_ns == 0 ||
          memcmp(&known->entries[i].instance, instance, sizeof *instance) != 0))
    i++;
  if (ttl_s > TOPO_LAN_TTL_S) /* nobody of ours says more */
    ttl_s = TOPO_LAN_TTL_S;
  if (i == TOPO_LAN_KNOWN_MAX) {
    if (ttl_s == 0)
      return;
    i = known->next;
    known->next = (i + 1) % TOPO_LAN_KNOWN_MAX;
    known->entries[i].instance = *instance;
  }
  known->entries[i].until_ns = ttl_s ? now_ns + ttl_s * half_second_ns : 0;
}

size_t topo_lan_known_list(const struct topo_lan_known *known, uint64_t now_ns,
                           struct topo_lan_label out[static TOPO_LAN_KNOWN_MAX])
{
  size_t n = 0;
  for (size_t i = 0; i < TOPO_LAN_KNOWN_MAX; i++)
    if (known->entries[i].until_ns > now_ns)
      out[n++] = known->entries[i].instance;
  return n;
}
