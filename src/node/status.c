/*
 * status.c - what a space can say of itself: its connections, and how far it is.
 */
#include "node/parts.h"

#include "api/operations.gen.h"
#include "base/assert.h"
#include "base/status.h"
#include "events/profile/profile_read.h"
#include "node/address.h"
#include "node/node.h"
#include "node/skew.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of what is pending so much is looked at. What waits for an ancestor instead is seldom much, and
 * then "syncing" is said. */
enum { PENDING_LOOKED_AT_MAX = 256 };

/* Is there content here that cannot be opened for want of its epoch's key? */
static bool lacks_key(struct topo_node *node)
{
  if (topo_dag_pending(node->env.dag) == 0)
    return false;
  struct topo_stmt *s =
      topo_stmt(node->env.db, "SELECT 1 FROM (SELECT no,set_no FROM event WHERE state IN (1,4)"
                              " AND state=1 LIMIT ?1) held JOIN edge e ON e.target=held.set_no"
                              " AND e.kind=?2 AND e.source=held.no LIMIT 1");
  topo_bind_i64(s, 1, PENDING_LOOKED_AT_MAX);
  topo_bind_i64(s, 2, TOPO_EDGE_KEY);
  bool lacks = topo_fetch(s) == 1;
  topo_reset(s);
  return lacks;
}

struct topo_node_status topo_node_status(struct topo_node *node)
{
  struct topo_node_status st = {
      .rejected = node->outcome.rejected, .synced = true, .reached = node->env.reached};
  if (!node->env.dag)
    return (struct topo_node_status){.synced = false, .reached = node->env.reached};
  st.member = topo_env_credential(&node->env) != NULL;
  st.twice = topo_peers_twice(&node->peers) || topo_records_twice(&node->records);
  st.refused = topo_joiner_is_refused(&node->joiner);
  st.held = topo_dag_pending(node->env.dag);
  st.rebuild = topo_dag_progress(node->env.dag);
  st.waiting_for_key = st.member && (!topo_dag_can_seal(node->env.dag) || lacks_key(node));
  st.events = topo_sets_total(&node->sets);
  for (size_t i = 0; i < node->conns.n; i++) {
    const struct topo_node_conn *conn = node->conns.conns[i];
    if (conn->state != TOPO_NODE_CONN_UP)
      continue;
    st.conns++;
    if (conn->role != TOPO_SESSION_MEMBER)
      continue;
    struct topo_session_state s = topo_session_state(conn->session);
    st.connected_members += s.greeted;
    st.synced = st.synced && s.synced;
    st.wanted += s.wanted;
    if (s.remote_items > st.remote_items)
      st.remote_items = s.remote_items;
  }
  /* "Synced" says that equal digests were exchanged and nothing moved since (docs/protocol.md
   * §6.3): it is not said while an event is on its way in, asked for, or pending, and not while
   * what is here is not shown yet. */
  st.synced = st.synced && st.connected_members > 0 && st.held == 0 && st.wanted == 0 &&
              topo_batches_idle(&node->batches) && !st.rebuild.rebuilding;
  topo_assert(st.connected_members <= st.conns && st.conns <= TOPO_NODE_CONNS_MAX);
  return st;
}

const char *topo_node_lonely_text(bool refused)
{
  return refused ? "the invite was refused: it may be used or expired"
                 : "nobody answered yet: someone must be online";
}

const char topo_node_twice_text[] =
    "this device runs twice: a copy of its folder is in use elsewhere, and must be stopped";

static const char *state_word(const struct topo_node_status *st)
{
  if (st->rebuild.rebuilding)
    return "rebuilding";
  if (st->waiting_for_key)
    return "waiting-for-key";
  if (st->connected_members == 0)
    return "offline";
  return st->synced ? "synced" : "syncing";
}

int topo_node_write_sync(struct topo_node *node, struct topo_json *out)
{
  struct topo_node_status st = topo_node_status(node);
  char detail[128] = "";
  _Static_assert(sizeof detail >= TOPO_SKEW_TEXT_SIZE, "a sentence on the clock fits");
  if (st.rebuild.rebuilding)
    snprintf(detail, sizeof detail, TOPO_REBUILDING_TEXT, st.rebuild.done, st.rebuild.total);
  else if (st.twice)
    snprintf(detail, sizeof detail, "%s", topo_node_twice_text);
  else if (st.connected_members == 0)
    snprintf(detail, sizeof detail, "%s", topo_node_lonely_text(st.refused));
  else if (!st.synced && st.remote_items > st.events)
    snprintf(detail, sizeof detail, "%llu of ~%llu", (unsigned long long)st.events,
             (unsigned long long)st.remote_items);
  else
    topo_skew_text(detail, node->wall.correction_ms);
  topo_json_begin_object(out);
  topo_json_key(out, "state");
  topo_json_string(out, state_word(&st));
  topo_json_key(out, "events");
  topo_json_u64(out, st.events);
  topo_json_key(out, "held");
  topo_json_u64(out, st.held);
  topo_json_key(out, "wanted");
  topo_json_u64(out, st.wanted);
  topo_json_key(out, "rejected");
  topo_json_u64(out, st.rejected);
  topo_json_key(out, "peers");
  topo_json_u64(out, st.connected_members);
  topo_json_key(out, "detail");
  topo_json_string(out, detail);
  if (st.rebuild.rebuilding) {
    topo_json_key(out, "rebuild");
    topo_json_begin_object(out);
    topo_json_key(out, "done");
    topo_json_u64(out, st.rebuild.done);
    topo_json_key(out, "total");
    topo_json_u64(out, st.rebuild.total);
    topo_json_end_object(out);
  }
  topo_json_end_object(out);
  return topo_json_status(out);
}

int topo_op_getSync(struct topo_op_call *call, void *ctx)
{
  return topo_node_write_sync(ctx, &call->out);
}

static int write_peer(struct topo_node *node, const struct topo_id *device, struct topo_json *out)
{
  struct topo_view view = {node->env.db, node->env.self.workspace,
                           node->env.self.device.public_key};
  const struct topo_node_conn *conn = topo_conns_find_member(&node->conns, device);
  const struct topo_node_peer *peer = topo_peers_find(&node->peers, device);
  struct topo_address none = {.len = 0};
  char name[TOPO_OP_DETAIL_SIZE + 1] = "", address[TOPO_ADDRESS_TEXT];
  int status = topo_profile_of_device(&view, device, name, sizeof name);
  if (status < 0 && status != TOPO_ENOTFOUND)
    return status;
  topo_json_begin_object(out);
  topo_json_key(out, "device");
  topo_json_id(out, device);
  topo_json_key(out, "user_name");
  topo_json_string(out, name);
  topo_json_key(out, "connected");
  topo_json_bool(out, conn != NULL);
  topo_json_key(out, "synced");
  /* What is pending is no item yet: who sent it has more than we have. */
  topo_json_bool(out, conn && topo_session_state(conn->session).synced &&
                          topo_dag_pending(node->env.dag) == 0);
  topo_json_key(out, "direction");
  topo_json_string(out, !conn ? "" : conn->outgoing ? "out" : "in");
  topo_json_string_member(out, "address",
                          topo_address_format(conn                        ? &conn->address
                                              : peer && peer->n_addresses ? &peer->addresses[0]
                                                                          : &none,
                                              address));
  topo_json_key(out, "given");
  topo_address_write_all(out, peer ? peer->given : NULL, peer ? peer->n_given : 0);
  topo_json_key(out, "last_error");
  topo_json_string(out, !conn && peer && peer->last_status < 0 ? topo_status_name(peer->last_status)
                                                               : "");
  topo_json_end_object(out);
  return 0;
}

/* What became of the latest address that was given without a device. */
static void write_search(const struct topo_peer_search *search, struct topo_json *out)
{
  char address[TOPO_ADDRESS_TEXT];
  if (search->address.len == 0)
    return;
  topo_json_key(out, "search");
  topo_json_begin_object(out);
  topo_json_string_member(out, "address", topo_address_format(&search->address, address));
  topo_json_key(out, "left");
  topo_json_u64(out, search->left);
  if (search->found) {
    topo_json_key(out, "device");
    topo_json_id(out, &search->device);
  }
  topo_json_string_member(out, "last_error",
                          search->last_status < 0 ? topo_status_name(search->last_status) : "");
  topo_json_end_object(out);
}

int topo_node_write_peers(struct topo_node *node, struct topo_json *json)
{
  if (!node->env.dag)
    return TOPO_EIO;
  const struct topo_authority *a = topo_dag_authority(node->env.dag);
  int status = 0;
  topo_json_begin_object(json);
  topo_json_key(json, "items");
  topo_json_begin_array(json);
  if (topo_joiner_is_joining(&node->joiner))
    status = write_peer(node, &node->joiner.invite_device, json);
  for (int32_t i = 0; i < topo_authority_count(a) && status == 0; i++) {
    const struct topo_id *device = topo_env_other_device(&node->env, i);
    if (device)
      status = write_peer(node, device, json);
  }
  topo_json_end_array(json);
  write_search(&node->peers.search, json);
  topo_json_end_object(json);
  return status == 0 ? topo_json_status(json) : status;
}

int topo_op_listPeers(struct topo_op_call *call, void *ctx)
{
  return topo_node_write_peers(ctx, &call->out);
}
