/*
 * address.h - a transport address as bytes and as text (docs/protocol.md §7).
 */
#ifndef TOPO_NODE_ADDRESS_H
#define TOPO_NODE_ADDRESS_H

#include "api/json.h"
#include "node/ports.h"

enum { TOPO_ADDRESS_TEXT = 64 /* bytes of an address as text, with its NUL, at most */ };

/* Appends the bytes of an address that is known (asserted). 0 or TOPO_ENOMEM. */
int topo_address_put(struct topo_buf *out, const struct topo_address *address);
/* Reads an address; the reader fails, and *out is not known, where there is none. */
void topo_address_read(struct topo_reader *r, struct topo_address *out);
bool topo_address_equal(const struct topo_address *a, const struct topo_address *b);
/* "192.0.2.1:7443" or "[2001:db8::1]:7443"; empty when it is not known. Returns `out`. */
char *topo_address_format(const struct topo_address *address, char out[static TOPO_ADDRESS_TEXT]);
/* Reads such a text. 0, or TOPO_EINVAL: it is none, or no node can be reached there, as at port 0,
 * at the address that means all of them, or at one of a group. An IPv4 address that is mapped into
 * IPv6 is read as what it is. Names are none: looking one up would hold the space up, and tell the
 * servers of names whom it looks for. */
int topo_address_parse(struct topo_address *out, const char *text);
/* Writes an array of the texts of `n` addresses. */
void topo_address_write_all(struct topo_json *out, const struct topo_address *addresses, size_t n);

#endif
