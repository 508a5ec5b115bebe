/*
 * fuzz_interfaces.c - what the kernel tells of its interfaces (daemon/interfaces.h): whatever it
 * is, what is made of it keeps to its bounds and its order.
 */
#include "fuzz/fuzz.h"

#include "base/assert.h"
#include "daemon/interfaces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct topo_interfaces in;
  uint32_t zones[TOPO_INTERFACE_ZONES_MAX];
  in = (struct topo_interfaces){.n_interfaces = 0};
  topo_interfaces_take(&in, (struct topo_bytes){data, size});
  topo_assert(in.n_interfaces <= TOPO_INTERFACES_MAX);
  topo_assert(in.n_addresses <= TOPO_NODE_ADDRESSES_MAX);
  for (size_t i = 0; i < in.n_addresses; i++)
    for (size_t k = 0; k < i; k++)
      topo_assert(in.addresses[k].order <= in.addresses[i].order &&
                  !topo_net_address_equal(&in.addresses[k].address, &in.addresses[i].address));
  topo_assert(topo_interfaces_zones(&in, zones) <= TOPO_INTERFACE_ZONES_MAX);
  return 0;
}
