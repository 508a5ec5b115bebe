/* address.h - an address as it stands in records and invite links (docs/protocol.md §7). */
#ifndef TOPO_NODE_ADDRESS_H
#define TOPO_NODE_ADDRESS_H

#include "base/bytes.h"
#include "node/ports.h"

/* Reads one address: family, bytes, port. An unknown family fails the reader. */
struct topo_address topo_address_read(struct topo_reader *r);
bool topo_address_equal(const struct topo_address *a, const struct topo_address *b);

#endif
