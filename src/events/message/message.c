/*
 * message.c - a text in a channel. It shows what a type of content consists of: fields, right,
 * dependencies, tables, the two ways into them (project for one more event, clear for starting
 * over), and what the fingerprint reads.
 *
 * A message is its own entity. It depends on its channel: until that is accepted the message is
 * blocked, and what depends on the message (reactions) with it.
 */
#include "events/message/message.h"

#include "events/channel/channel_read.h"
#include "events/message/message_read.h"

#include <stddef.h>

static const struct topo_field fields[] = {
    [TOPO_MESSAGE_CHANNEL] = {"channel", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_MESSAGE_TEXT] = {"text", TOPO_FIELD_TEXT, 1, TOPO_MESSAGE_TEXT_MAX, 0},
    {0},
};

/* message_read.h says what the columns are and why the id is here. */
static const char schema[] =
    "CREATE TABLE message(no INTEGER PRIMARY KEY, channel INTEGER NOT NULL, user INTEGER NOT NULL,"
    " hlc INTEGER NOT NULL, place INTEGER NOT NULL, id BLOB NOT NULL, text TEXT NOT NULL);"
    "CREATE INDEX message_page ON message(channel,place,id);";

static enum topo_right right(const struct topo_value *v)
{
  (void)v;
  return TOPO_RIGHT_POST;
}

static size_t depends(const struct topo_value *v,
                      struct topo_dependency out[static TOPO_DEPENDENCIES_MAX])
{
  out[0] = (struct topo_dependency){topo_value_id(&v[TOPO_MESSAGE_CHANNEL]), TOPO_TYPE_CHANNEL};
  return 1;
}

static int project(struct topo_db *db, const struct topo_event *e)
{
  struct topo_stmt *s = topo_stmt(db, "INSERT INTO message(no,channel,user,hlc,place,id,text)"
                                      " VALUES(?1,?2,?3,?4,?5,?6,?7)");
  struct topo_bytes text = e->values[TOPO_MESSAGE_TEXT].bytes;
  topo_bind_i64(s, 1, e->no);
  topo_bind_i64(s, 2, e->depends[0]);
  topo_bind_i64(s, 3, e->user);
  topo_bind_i64(s, 4, (int64_t)e->hlc);
  topo_bind_i64(s, 5, (int64_t)e->place);
  topo_bind_id(s, 6, e->id);
  topo_bind_text(s, 7, text.data, text.len);
  return topo_execute(s);
}

static int clear(struct topo_db *db, int64_t entity)
{
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM message WHERE no=?1");
  topo_bind_i64(s, 1, entity);
  return topo_execute(s);
}

static const char *const fingerprint[] = {
    "SELECT e.id, c.id, u.id, m.hlc, m.text FROM message m JOIN event e ON e.no=m.no"
    " JOIN event c ON c.no=m.channel JOIN event u ON u.no=m.user ORDER BY e.id",
    NULL};

const struct topo_type topo_type_message = {.number = TOPO_TYPE_MESSAGE,
                                            .name = "message",
                                            .fields = fields,
                                            .right = right,
                                            .resource = &topo_resource_message,
                                            .depends = depends,
                                            .schema = schema,
                                            .project = project,
                                            .clear = clear,
                                            .fingerprint = fingerprint};
