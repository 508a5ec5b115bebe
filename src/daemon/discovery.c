/* discovery.c - members on the local network; see discovery.h. */
#include "daemon/discovery.h"

#include "base/status.h"
#include "daemon/addresses.h"
#include "lan/lan.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)TOPO_LAN_BEACON_SIZE == (int)TOPO_BEACON_SIZE, "what is said is a beacon");

struct topo_discovery {
  struct topo_network *network;
  struct topo_journal *journal;
  struct topo_lan *lan;
  struct topo_endpoint *last; /* the one whose beacon was said last; NULL: none */
};

/* The next spaces in turn, so that each has its time when there are more than there is room for. */
static size_t on_beacons(void *arg, const struct topo_net_address *address,
                         uint8_t out[static TOPO_LAN_BEACONS][TOPO_LAN_BEACON_SIZE])
{
  struct topo_discovery *d = arg;
  const struct topo_address at = topo_addresses_from_net(address);
  const struct topo_endpoint *first = NULL;
  size_t n = 0;
  for (; n < TOPO_LAN_BEACONS; n++) {
    struct topo_endpoint *e = topo_endpoint_next(d->network, d->last);
    if (!e)
      e = topo_endpoint_next(d->network, NULL);
    if (!e || e == first)
      break;
    if (!first)
      first = e;
    d->last = e;
    memcpy(out[n], topo_endpoint_beacon(e, &at).bytes, TOPO_LAN_BEACON_SIZE);
  }
  return n;
}

static void on_heard(void *arg, const struct topo_net_address *address,
                     const uint8_t bytes[static TOPO_LAN_BEACON_SIZE])
{
  const struct topo_discovery *d = arg;
  const struct topo_address at = topo_addresses_from_net(address);
  struct topo_beacon beacon;
  memcpy(beacon.bytes, bytes, sizeof beacon.bytes);
  for (struct topo_endpoint *e = topo_endpoint_next(d->network, NULL); e;
       e = topo_endpoint_next(d->network, e))
    topo_endpoint_heard(e, &beacon, &at);
}

static void on_endpoint(void *arg)
{
  const struct topo_discovery *d = arg;
  topo_lan_renew(d->lan);
}

void topo_discovery_moved(struct topo_discovery *d)
{
  size_t n;
  int status = topo_lan_moved(d->lan, &n);
  if (status < 0)
    topo_journal_write(d->journal, TOPO_JOURNAL_WARNING,
                       "members on some local network are not found (UDP port 5353): %s",
                       topo_status_text(status));
  topo_journal_write(d->journal, TOPO_JOURNAL_DEBUG, "discovery on %zu networks", n);
}

struct topo_discovery *topo_discovery_create(struct topo_network *network, struct topo_loop *loop,
                                             const struct topo_rng *rng,
                                             struct topo_journal *journal)
{
  struct topo_discovery *d = calloc(1, sizeof *d);
  struct topo_lan_options o = {
      .loop = loop, .rng = *rng, .beacons = on_beacons, .heard = on_heard, .arg = d};
  topo_network_local_address(network, &o.bound);
  if (d)
    d->lan = topo_lan_create(&o);
  if (!d || !d->lan) {
    free(d);
    topo_journal_write(journal, TOPO_JOURNAL_ERROR,
                       "no memory: members on the local network are not found");
    return NULL;
  }
  d->network = network;
  d->journal = journal;
  topo_network_on_endpoint(network, on_endpoint, d);
  topo_discovery_moved(d);
  return d;
}

void topo_discovery_destroy(struct topo_discovery *d)
{
  if (!d)
    return;
  topo_network_on_endpoint(d->network, NULL, NULL);
  topo_lan_destroy(d->lan);
  free(d);
}
