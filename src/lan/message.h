/*
 * message.h - the datagrams of discovery: the subset of multicast DNS (RFC 6762) and DNS-SD (RFC
 * 6763) that docs/protocol.md §6.6 describes. Pure functions.
 *
 * One answer describes one instance of the service _topo._udp.local, whole, in one datagram: its
 * PTR, SRV and TXT records and the address of its host. What is described otherwise is not ours.
 */
#ifndef TOPO_LAN_MESSAGE_H
#define TOPO_LAN_MESSAGE_H

#include "lan/name.h"
#include "net/address.h"

enum {
  TOPO_LAN_DATAGRAM_MAX = 9000, /* RFC 6762 §17; a longer one is not read */
  TOPO_LAN_RECORDS_MAX = 64,    /* questions and records of one datagram; more is malformed */
  TOPO_LAN_BEACON_SIZE = 32,
  TOPO_LAN_BEACONS = 7,    /* in every answer: as many as there is room for in one string of TXT */
  TOPO_LAN_KNOWN_MAX = 16, /* instances that a query says it knows */
  TOPO_LAN_TTL_S = 120,
  TOPO_LAN_MESSAGE_MAX = 1200 /* bytes of what we send, at most */
};

struct topo_lan_service {
  struct topo_lan_label instance, host;
  struct topo_net_address address; /* with the port */
  uint8_t beacons[TOPO_LAN_BEACONS][TOPO_LAN_BEACON_SIZE];
};

/* Writes an answer. Where `ttl_s` is 0, it says that the instance is gone. Returns its length. */
size_t topo_lan_write_answer(uint8_t out[static TOPO_LAN_MESSAGE_MAX],
                             const struct topo_lan_service *service, uint32_t ttl_s);
/* Writes a query for all instances but those that are known, of which there are at most
 * TOPO_LAN_KNOWN_MAX. Returns its length. */
size_t topo_lan_write_query(uint8_t out[static TOPO_LAN_MESSAGE_MAX],
                            const struct topo_lan_label *known, size_t n_known);

/* Is this a query that the instance is to answer? Not when it lists the instance as known for at
 * least half of its time to come. */
bool topo_lan_is_asked(struct topo_bytes datagram, const struct topo_lan_label *instance,
                       const struct topo_lan_label *host);
/* Reads an answer. 0, with the instance in *out and how long it is to be remembered in *ttl_s (0:
 * it is gone); TOPO_ENOTFOUND: it is no answer, or describes no instance, or not one of ours;
 * TOPO_EMALFORMED. */
int topo_lan_read_answer(struct topo_bytes datagram, struct topo_lan_service *out, uint32_t *ttl_s);

#endif
