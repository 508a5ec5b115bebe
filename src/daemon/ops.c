/* ops.c - operations on the daemon: its state, its log, its spaces. */
#include "daemon/ops.h"

#include "api/operations.gen.h"
#include "base/status.h"
#include "node/address.h"
#include "node/invite.h"
#include "node/reach.h"
#include "sys/clock.h"

#include <string.h>
#include <unistd.h>

enum { LOGS_DEFAULT = 100 };

/* ---- the daemon ------------------------------------------------------------------------------ */

/* From how far away somebody has connected to any of the spaces. */
static enum topo_reached reached(struct topo_registry *spaces)
{
  enum topo_reached most = TOPO_REACHED_NOBODY;
  for (size_t i = 0; i < topo_registry_count(spaces); i++) {
    const struct topo_registry_entry *entry = topo_registry_at(spaces, i);
    struct topo_space_item item = {.reached = TOPO_REACHED_NOBODY};
    if (entry->space)
      topo_space_item(entry->space, &item);
    if (item.reached > most)
      most = item.reached;
  }
  return most;
}

static void write_reach(struct topo_json *out, const struct topo_daemon *daemon)
{
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX];
  uint64_t now_ms = (uint64_t)topo_clock_wall_ms();
  struct topo_reach reach = {.own = addresses,
                             .n = topo_registry_addresses(daemon->registry, addresses),
                             .reached = reached(daemon->registry),
                             .up_ms =
                                 now_ms > daemon->started_ms ? now_ms - daemon->started_ms : 0};
  char text[TOPO_REACH_TEXT_SIZE];
  topo_json_key(out, "addresses");
  topo_address_write_all(out, addresses, reach.n);
  topo_json_string_member(out, "reached", topo_reach_name(reach.reached));
  topo_json_string_member(out, "detail", topo_reach_text(text, &reach));
}

int topo_op_getStatus(struct topo_op_call *call, void *ctx)
{
  const struct topo_daemon *daemon = ((struct topo_daemon_call *)ctx)->daemon;
  struct topo_json *out = &call->out;
  topo_json_begin_object(out);
  topo_json_string_member(out, "version", TOPO_VERSION);
  topo_json_key(out, "pid");
  topo_json_u64(out, (uint64_t)getpid());
  topo_json_string_member(out, "data_dir", daemon->data_dir);
  topo_json_string_member(out, "udp_address", daemon->udp_address);
  write_reach(out, daemon);
  topo_json_string_member(out, "http_address", daemon->http_address);
  topo_json_key(out, "spaces");
  topo_json_u64(out, call->one_space ? 1 : topo_registry_count(daemon->registry));
  topo_json_key(out, "started_at_ms");
  topo_json_u64(out, daemon->started_ms);
  topo_json_end_object(out);
  return 0;
}

int topo_op_stopNode(struct topo_op_call *call, void *ctx)
{
  ((struct topo_daemon_call *)ctx)->stop = true;
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "stopping");
  topo_json_bool(&call->out, true);
  topo_json_end_object(&call->out);
  return 0;
}

/* The number of the line after which `limit` lines are left. */
static uint64_t skip_to(struct topo_journal *journal, uint64_t limit)
{
  struct topo_journal_line line;
  uint64_t last = 0;
  while (topo_journal_next(journal, last, &line))
    last = line.number;
  return last > limit ? last - limit : 0;
}

int topo_op_listLogs(struct topo_op_call *call, void *ctx)
{
  struct topo_journal *journal = ((struct topo_daemon_call *)ctx)->daemon->journal;
  const struct topo_op_value *limit = topo_op_get(call, "limit");
  struct topo_json *out = &call->out;
  struct topo_journal_line line;
  uint64_t left = limit->present ? limit->number : LOGS_DEFAULT;
  uint64_t at = skip_to(journal, left);
  topo_json_begin_object(out);
  topo_json_key(out, "items");
  topo_json_begin_array(out);
  for (; left && topo_journal_next(journal, at, &line); left--) {
    at = line.number;
    topo_json_begin_object(out);
    topo_json_key(out, "time_ms");
    topo_json_i64(out, line.wall_ms);
    topo_json_string_member(out, "level", topo_journal_level_name(line.level));
    topo_json_string_member(out, "text", line.text);
    topo_json_end_object(out);
  }
  topo_json_end_array(out);
  topo_json_end_object(out);
  return 0;
}

/* ---- spaces ---------------------------------------------------------------------------------- */

_Static_assert((int)TOPO_CATALOG_NAME <= (int)TOPO_SPACE_NAME, "a registered name fits");

/* Writes an entry of the registry, also one that could not be opened. */
static void write_entry(struct topo_json *out, const struct topo_registry_entry *entry)
{
  struct topo_space_item item = {
      .space = entry->row.device, .workspace = entry->row.workspace, .status = entry->status};
  strcpy(item.user_name, entry->row.user_name);
  if (entry->space)
    topo_space_item(entry->space, &item);
  topo_space_item_write(out, &item);
}

int topo_op_listSpaces(struct topo_op_call *call, void *ctx)
{
  struct topo_registry *spaces = ((struct topo_daemon_call *)ctx)->daemon->registry;
  size_t n = topo_registry_count(spaces);
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "items");
  topo_json_begin_array(&call->out);
  for (size_t i = 0; i < n; i++)
    write_entry(&call->out, topo_registry_at(spaces, i));
  topo_json_end_array(&call->out);
  topo_json_end_object(&call->out);
  return 0;
}

int topo_op_getSpace(struct topo_op_call *call, void *ctx)
{
  struct topo_registry *spaces = ((struct topo_daemon_call *)ctx)->daemon->registry;
  const struct topo_registry_entry *entry =
      topo_registry_find(spaces, &topo_op_get(call, "space")->id);
  if (!entry)
    return topo_op_fail(call, TOPO_ENOTFOUND, "this daemon has no such space");
  write_entry(&call->out, entry);
  return 0;
}

/* Makes a space, or finds the one that the call's key has made. */
static int make_space(struct topo_op_call *call, struct topo_registry *spaces,
                      struct topo_registry_wish *wish, const struct topo_registry_entry **entry)
{
  enum topo_registry_how how = TOPO_REGISTRY_MADE;
  wish->user_name = topo_op_get(call, "user_name")->text;
  wish->key = call->idempotency_key;
  int status = topo_node_request_of(call, &wish->request);
  if (status == 0)
    status = topo_registry_make(spaces, wish, entry, &how);
  call->replayed = how == TOPO_REGISTRY_REPLAYED;
  call->existed = how == TOPO_REGISTRY_EXISTED;
  if (status == TOPO_EMISMATCH)
    return topo_op_fail(call, status, "this idempotency key came with another request before");
  return status;
}

int topo_op_createWorkspace(struct topo_op_call *call, void *ctx)
{
  struct topo_registry *spaces = ((struct topo_daemon_call *)ctx)->daemon->registry;
  const struct topo_registry_entry *entry;
  struct topo_registry_wish wish = {.workspace_name = topo_op_get(call, "name")->text};
  int status = make_space(call, spaces, &wish, &entry);
  if (status < 0 && status != TOPO_EMISMATCH)
    return topo_op_fail(call, status, "the workspace was not made: %s", topo_status_text(status));
  if (status == 0)
    write_entry(&call->out, entry);
  return status;
}

static int join(struct topo_op_call *call, struct topo_daemon_call *at,
                const struct topo_invite_link *invite_link)
{
  const struct topo_op_value *wait = topo_op_get(call, "wait_ms");
  const struct topo_registry_entry *entry;
  struct topo_registry_wish wish = {.invite_link = invite_link};
  int status = make_space(call, at->daemon->registry, &wish, &entry);
  if (status < 0 && status != TOPO_EMISMATCH)
    return topo_op_fail(call, status, "the space was not made: %s", topo_status_text(status));
  if (status < 0)
    return status;
  if (call->existed) {
    at->passed_on = true;
    topo_space_renew(entry->space, call, invite_link, wait->present ? wait->number : 0);
    return 0;
  }
  write_entry(&call->out, entry);
  if (wait->present && wait->number && entry->space) {
    at->await = entry->space;
    at->wait_ms = wait->number;
  }
  return 0;
}

int topo_op_joinWorkspace(struct topo_op_call *call, void *ctx)
{
  struct topo_invite_link invite_link;
  int status = topo_invite_parse(&invite_link, topo_op_get(call, "link")->text);
  if (status < 0) {
    strcpy(call->pointer, "link");
    return topo_op_fail(call, status == TOPO_EVERSION ? status : TOPO_EINVAL, "%s",
                        topo_invite_explain(status));
  }
  status = join(call, ctx, &invite_link);
  topo_wipe(&invite_link, sizeof invite_link);
  return status;
}
