/*
 * channel.c - a public channel: a place for messages, with a name.
 */
#include "events/channel/channel.h"

#include <stddef.h>

static const struct topo_field fields[] = {
    [TOPO_CHANNEL_NAME] = {"name", TOPO_FIELD_TEXT, 1, 256, 0},
    {0},
};

static const char schema[] =
    "CREATE TABLE channel(no INTEGER PRIMARY KEY, user INTEGER NOT NULL, hlc INTEGER NOT NULL,"
    " name TEXT NOT NULL);";

static enum topo_right right(const struct topo_value *v)
{
  (void)v;
  return TOPO_RIGHT_CHANNEL;
}

static int project(struct topo_db *db, const struct topo_event *e)
{
  struct topo_stmt *s = topo_stmt(db, "INSERT INTO channel(no,user,hlc,name) VALUES(?1,?2,?3,?4)");
  struct topo_bytes name = e->values[TOPO_CHANNEL_NAME].bytes;
  topo_bind_i64(s, 1, e->no);
  topo_bind_i64(s, 2, e->user);
  topo_bind_i64(s, 3, (int64_t)e->hlc);
  topo_bind_text(s, 4, name.data, name.len);
  return topo_execute(s);
}

static int clear(struct topo_db *db, int64_t entity)
{
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM channel WHERE no=?1");
  topo_bind_i64(s, 1, entity);
  return topo_execute(s);
}

static const char *const fingerprint[] = {
    "SELECT e.id, u.id, c.hlc, c.name FROM channel c JOIN event e ON e.no=c.no"
    " JOIN event u ON u.no=c.user ORDER BY e.id",
    NULL};

const struct topo_type topo_type_channel = {.number = TOPO_TYPE_CHANNEL,
                                            .name = "channel",
                                            .fields = fields,
                                            .right = right,
                                            .resource = &topo_resource_channel,
                                            .schema = schema,
                                            .project = project,
                                            .clear = clear,
                                            .fingerprint = fingerprint};
