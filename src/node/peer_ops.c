/*
 * peer_ops.c - the operations by which people help a space to find its peers: addresses that are
 * given by hand, and dialling now.
 */
#include "node/parts.h"

#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "node/address.h"
#include "node/dial.h"
#include "node/search.h"

#include <string.h>

static int write_dialling(struct topo_json *out, size_t n)
{
  topo_json_begin_object(out);
  topo_json_key(out, "dialling");
  topo_json_u64(out, n);
  topo_json_end_object(out);
  return topo_json_status(out);
}

static int take_address(struct topo_op_call *call, struct topo_address *out)
{
  if (topo_address_parse(out, topo_op_get(call, "address")->text) == 0)
    return 0;
  strcpy(call->pointer, "address");
  return topo_op_fail(call, TOPO_EINVAL,
                      "an address is one in numbers, with a port, as in 192.0.2.7:7443 or "
                      "[2001:db8::7]:7443; names are not looked up");
}

/* The device that the call names, or NULL when it names none. 0 or TOPO_ENOTFOUND. */
static int take_device(struct topo_op_call *call, const struct topo_node *node,
                       const struct topo_id **out)
{
  const struct topo_op_value *v = topo_op_get(call, "device");
  *out = v->present ? &v->id : NULL;
  if (!v->present || topo_dial_is_candidate(&node->peers, &v->id))
    return 0;
  strcpy(call->pointer, "device");
  return topo_op_fail(call, TOPO_ENOTFOUND, "that is none of the other devices: see listPeers");
}

static int give(struct topo_op_call *call, struct topo_node *node, const struct topo_id *device,
                const struct topo_address *address)
{
  int status = topo_transaction_write(&node->transaction, true);
  if (status == 0)
    status = topo_peers_give(&node->peers, device, address);
  if (status == TOPO_ELIMIT)
    return topo_op_fail(call, status,
                        "a device has %d addresses given by hand at most: forget another first",
                        TOPO_PEER_GIVEN_MAX);
  return status < 0 ? status : write_dialling(&call->out, !topo_conns_has(&node->conns, device));
}

int topo_op_addPeerAddress(struct topo_op_call *call, void *ctx)
{
  struct topo_node *node = ctx;
  struct topo_address address;
  const struct topo_id *device;
  int status = take_address(call, &address);
  if (status == 0)
    status = take_device(call, node, &device);
  if (status < 0)
    return status;
  if (!device && topo_joiner_is_joining(&node->joiner))
    device = &node->joiner.invite_device; /* it knows nobody else */
  if (device)
    return give(call, node, device, &address);
  return write_dialling(&call->out, topo_search_begin(&node->peers, &node->conns, &address));
}

int topo_op_removePeerAddress(struct topo_op_call *call, void *ctx)
{
  struct topo_node *node = ctx;
  struct topo_address address;
  char text[TOPO_ADDRESS_TEXT];
  int status = take_address(call, &address);
  if (status < 0)
    return status;
  status = topo_transaction_write(&node->transaction, true);
  if (status == 0)
    status = topo_peers_forget(&node->peers, &address);
  if (status == TOPO_ENOTFOUND)
    return topo_op_fail(call, status, "that address was not given by hand: see listPeers");
  if (status < 0)
    return status;
  topo_json_begin_object(&call->out);
  topo_json_string_member(&call->out, "address", topo_address_format(&address, text));
  topo_json_end_object(&call->out);
  return topo_json_status(&call->out);
}

int topo_op_dialPeers(struct topo_op_call *call, void *ctx)
{
  struct topo_node *node = ctx;
  const struct topo_id *device;
  int status = take_device(call, node, &device);
  if (status < 0)
    return status;
  if (!device)
    return write_dialling(&call->out, topo_dial_again(&node->peers, &node->conns));
  const struct topo_node_peer *peer = topo_peers_find(&node->peers, device);
  bool connected = topo_conns_has(&node->conns, device);
  if (!connected && (!peer || peer->n_addresses == 0))
    return topo_op_fail(call, TOPO_EUNREACHABLE,
                        "no address of that device is known: give one with addPeerAddress");
  if (!connected)
    topo_peers_dial_anew(&node->peers, device);
  return write_dialling(&call->out, !connected);
}
