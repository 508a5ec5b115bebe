/*
 * fuzz_lan.c - any bytes as a datagram of the local network.
 *
 * Properties: an answer that is taken is written again by our own hand into one that reads the
 * same; a datagram that asks is no answer, and no longer than the bound; a sanitizer sees every
 * step too far.
 */
#include "base/assert.h"
#include "base/status.h"
#include "fuzz/fuzz.h"
#include "lan/message.h"

#include <string.h>

static void check_answer(const struct topo_lan_service *s, uint32_t ttl_s)
{
  uint8_t out[TOPO_LAN_MESSAGE_MAX];
  struct topo_lan_service again;
  uint32_t again_ttl_s;
  size_t len = topo_lan_write_answer(out, s, ttl_s);
  topo_assert(topo_net_address_port(&s->address) != 0);
  topo_assert(topo_lan_read_answer((struct topo_bytes){out, len}, &again, &again_ttl_s) == 0);
  topo_assert(memcmp(&again.instance, &s->instance, sizeof again.instance) == 0);
  topo_assert(memcmp(&again.host, &s->host, sizeof again.host) == 0);
  topo_assert(memcmp(again.beacons, s->beacons, sizeof again.beacons) == 0);
  topo_assert(topo_net_address_equal(&again.address, &s->address) && again_ttl_s == ttl_s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const struct topo_lan_label a = {"aaaaaaaaaaaaaaaaaaaaaaaa"},
                                     b = {"bbbbbbbbbbbbbbbbbbbbbbbb"};
  const struct topo_bytes datagram = {data, size};
  struct topo_lan_service service;
  uint32_t ttl_s;
  int status = topo_lan_read_answer(datagram, &service, &ttl_s);
  bool asked = topo_lan_is_asked(datagram, &a, &b);
  if (status == 0)
    check_answer(&service, ttl_s);
  else
    topo_assert(status == TOPO_EMALFORMED || status == TOPO_ENOTFOUND);
  topo_assert(!asked || status == TOPO_ENOTFOUND);
  topo_assert(!asked || size <= TOPO_LAN_DATAGRAM_MAX);
  return 0;
}
