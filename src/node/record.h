/*
 * record.h - what the body of a device record says (docs/protocol.md §2.5). Its outside is in
 * dag/envelope.h.
 */
#ifndef TOPO_NODE_RECORD_H
#define TOPO_NODE_RECORD_H

#include "dag/type.h"
#include "node/address.h"

struct topo_record {
  struct topo_id prekey;          /* zero: none */
  uint16_t types[TOPO_TYPES_MAX]; /* of events that the device knows, ascending */
  uint8_t n_types;
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX]; /* the most promising comes first */
  uint8_t n_addresses;
};

/* Appends the body. 0 or TOPO_ENOMEM. */
int topo_record_encode(const struct topo_record *record, struct topo_buf *out);
/* Reads a body. What follows the parts that are known is left alone. 0 or TOPO_EMALFORMED. */
int topo_record_decode(struct topo_record *out, struct topo_bytes body);

#endif
