/*
 * known.h - the instances that were heard of on one network, as far as queries need them: who is
 * listed there need not answer (RFC 6762 §7.1).
 */
#ifndef TOPO_LAN_KNOWN_H
#define TOPO_LAN_KNOWN_H

#include "lan/message.h"

/* Zero-initialised is empty. */
struct topo_lan_known {
  struct {
    struct topo_lan_label instance;
    uint64_t until_ns; /* half of its time; 0: the place is free */
  } entries[TOPO_LAN_KNOWN_MAX];
  size_t next;
};

/* It was heard of, and is to be remembered for so long; 0: it is gone. Of more than
 * TOPO_LAN_KNOWN_MAX the last ones are kept. */
void topo_lan_known_put(struct topo_lan_known *known, const struct topo_lan_label *instance,
                        uint32_t ttl_s, uint64_t now_ns);
/* Those with half of their time to come. Returns how many. */
size_t topo_lan_known_list(const struct topo_lan_known *known, uint64_t now_ns,
                           struct topo_lan_label out[static TOPO_LAN_KNOWN_MAX]);

#endif
