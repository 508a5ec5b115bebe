/* channels.c - listChannels, and one channel as an item. */
#include "events/channel/channel_read.h"

#include "api/operations.gen.h"
#include "base/status.h"

#include <stddef.h>

enum { CHANNELS_MAX = 1000 };

/* Columns: id, name, hlc, the author's id and name. */
static void put_channel(struct topo_json *out, struct topo_stmt *s)
{
  struct topo_id id = topo_column_id(s, 0), user = topo_column_id(s, 3);
  struct topo_bytes name = topo_column_bytes(s, 1);
  topo_json_begin_object(out);
  topo_json_key(out, "channel");
  topo_json_id(out, &id);
  topo_json_key(out, "name");
  topo_json_string_n(out, name.data, name.len);
  topo_json_key(out, "created_at_ms");
  topo_json_i64(out, topo_column_i64(s, 2) >> 16);
  topo_view_put_author(out, &user, topo_column_bytes(s, 4));
  topo_json_end_object(out);
}

static int item(const struct topo_view *view, const struct topo_entity *channel,
                struct topo_json *out)
{
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT e.id,c.name,c.hlc,u.id,p.name FROM event e"
                          " CROSS JOIN channel c ON c.no=e.no CROSS JOIN event u ON u.no=c.user"
                          " LEFT JOIN profile p ON p.entity=c.user WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(&channel->id));
  topo_bind_id(s, 2, &channel->id);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  put_channel(out, s);
  topo_reset(s);
  return 0;
}

const struct topo_resource topo_resource_channel = {
    .type = TOPO_NOTIFY_CHANNEL, .key = "channel", .item = item};

int topo_op_listChannels(struct topo_op_call *call, void *ctx)
{
  const struct topo_view *view = ctx;
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT e.id,c.name,c.hlc,u.id,p.name FROM channel c"
                          " CROSS JOIN event e ON e.no=c.no CROSS JOIN event u ON u.no=c.user"
                          " LEFT JOIN profile p ON p.entity=c.user ORDER BY c.hlc,e.id LIMIT ?1");
  topo_bind_i64(s, 1, CHANNELS_MAX);
  topo_json_begin_object(&call->out);
  topo_json_key(&call->out, "items");
  topo_json_begin_array(&call->out);
  int status;
  while ((status = topo_fetch(s)) == 1)
    put_channel(&call->out, s);
  topo_json_end_array(&call->out);
  topo_json_end_object(&call->out);
  return topo_view_end(call, status);
}
