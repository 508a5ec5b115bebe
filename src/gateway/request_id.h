/*
 * request_id.h - the names of requests, which answers and problems carry: "5f3a9c1e00d4b7a2-17".
 *
 * A random number of this gateway and a counter: unlike those of another run of the program. Safe
 * for threads.
 */
#ifndef TOPO_GATEWAY_REQUEST_ID_H
#define TOPO_GATEWAY_REQUEST_ID_H

#include <stdatomic.h>
#include <stdint.h>

enum { TOPO_REQUEST_ID_SIZE = 33 /* bytes of an id with its NUL */ };

struct topo_request_ids {
  uint64_t base;
  atomic_uint count;
};

/* 0, or TOPO_EIO when the system has no randomness. */
int topo_request_ids_init(struct topo_request_ids *ids);
/* Writes an id that none had before. */
void topo_request_ids_next(struct topo_request_ids *ids, char id[static TOPO_REQUEST_ID_SIZE]);

#endif
