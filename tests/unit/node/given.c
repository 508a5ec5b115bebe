/* given.c - one space that is told where others are; see given.h. */
#include "unit/node/given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/base64url.h"
#include "base/status.h"
#include "node/parts.h"

void given_take_dial(void *ctx, const struct topo_dial *dial)
{
  struct given *f = (struct given *)ctx;
  assert_in_range(f->n, 0, GIVEN_DIALS - 1);
  f->dials[f->n++] = *dial;
}

void given_set_up(struct given *f)
{
  *f = (struct given){.n = 0};
  solo_init(&f->solo, 1);
  f->solo.ports.dial = given_take_dial;
  f->solo.ports.ctx = f;
  assert_int_equal(solo_create(&f->solo), 0);
}

void given_tear_down(struct given *f)
{
  solo_finish(&f->solo);
}

void given_reopen(struct given *f)
{
  solo_close(&f->solo);
  assert_int_equal(solo_open(&f->solo), 0);
}

struct topo_id given_add_device(struct given *f, uint32_t n)
{
  return solo_add_device(&f->solo, n).public_key;
}

struct topo_address given_address_of(uint8_t n)
{
  return (struct topo_address){{4, 10, 0, 0, n, 0, 9}, 7};
}

/* The device says that it is at 10.0.0.first … */
void given_tell(struct given *f, const struct topo_id *device, uint8_t first, size_t n)
{
  struct topo_address list[TOPO_NODE_ADDRESSES_MAX];
  assert_in_range(n, 1, TOPO_NODE_ADDRESSES_MAX);
  for (size_t i = 0; i < n; i++)
    list[i] = given_address_of((uint8_t)(first + i));
  topo_peers_told(&f->solo.node->peers, device, list, n, f->solo.now.wall_ms, true);
}

int given_ask(struct given *f, const char *id, const char *body, int *dialling)
{
  char *json = NULL;
  int status = solo_call(&f->solo, id, NULL, NULL, body, &json);
  *dialling = -1;
  if (status == 0)
    assert_int_equal(sscanf(json, "{\"dialling\":%d}", dialling), 1);
  free(json);
  return status;
}

/* Gives 10.0.0.n:9, to that device or to none. */
int given_give(struct given *f, const struct topo_id *device, unsigned n, int *dialling)
{
  char body[160], id[TOPO_ID_TEXT_SIZE];
  if (device)
    topo_id_format(id, device);
  snprintf(body, sizeof body,
           device ? "{\"address\":\"10.0.0.%u:9\",\"device\":\"%s\"}"
                  : "{\"address\":\"10.0.0.%u:9\"}",
           n, id);
  return given_ask(f, "addPeerAddress", body, dialling);
}

int given_forget(struct given *f, const char *address)
{
  return solo_call_text(&f->solo, "removePeerAddress", "address", address);
}

bool given_lists(struct given *f, const char *text)
{
  char *json = NULL;
  assert_int_equal(solo_call(&f->solo, "listPeers", NULL, NULL, NULL, &json), 0);
  bool has = strstr(json, text) != NULL;
  free(json);
  return has;
}

bool given_is_candidate(struct given *f, const struct topo_id *device, uint8_t n)
{
  const struct topo_node_peer *peer = topo_peers_find(&f->solo.node->peers, device);
  struct topo_address address = given_address_of(n);
  for (size_t i = 0; peer && i < peer->n_addresses; i++)
    if (memcmp(&peer->addresses[i], &address, sizeof address) == 0)
      return true;
  return false;
}

void given_fail_dial(struct given *f, size_t index, int status)
{
  struct topo_input in = {
      .kind = TOPO_IN_DIAL_FAILED, .number = f->dials[index].number, .status = status};
  topo_node_step(f->solo.node, f->solo.now, &in, 1);
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  (void)ctx, (void)stream, (void)data;
  return len;
}
static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}
static void conn_close(void *ctx, uint64_t code)
{
  (void)ctx, (void)code;
}

/* The device is connected: by that dial of ours, or, when that has no number or is NULL, by its
 * own. */
void given_come_up(struct given *f, const struct topo_id *device, const struct topo_dial *dial)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  static uint64_t number;
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = ++number};
  in.up.conn = (struct topo_conn){&ops, f};
  in.up.peer = *device;
  in.up.outgoing = dial && dial->number > 0;
  in.up.dial = dial ? dial->number : 0;
  in.up.address = dial ? dial->address : (struct topo_address){.len = 0};
  topo_node_step(f->solo.node, f->solo.now, &in, 1);
}

void given_assert_dial(const struct given *f, size_t index, const struct topo_id *device, uint8_t n)
{
  assert_true(index < f->n);
  assert_true(topo_id_equal(&f->dials[index].pin, device));
  assert_int_equal(f->dials[index].address.bytes[4], n);
}
