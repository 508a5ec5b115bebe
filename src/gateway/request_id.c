/* request_id.c - a random base and a counter. */
#include "gateway/request_id.h"

#include "base/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>

int topo_request_ids_init(struct topo_request_ids *ids)
{
  atomic_init(&ids->count, 0);
  return getrandom(&ids->base, sizeof ids->base, 0) == sizeof ids->base ? 0 : TOPO_EIO;
}

void topo_request_ids_next(struct topo_request_ids *ids, char id[static TOPO_REQUEST_ID_SIZE])
{
  unsigned count = atomic_fetch_add(&ids->count, 1) + 1;
  snprintf(id, TOPO_REQUEST_ID_SIZE, "%016" PRIx64 "-%u", ids->base, count);
}
