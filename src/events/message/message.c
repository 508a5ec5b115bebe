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
    [TOPO_MESSAGE_AFTER] = {"after", TOPO_FIELD_LIST, 0, 1, TOPO_ID_SIZE},
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

static bool after(const struct topo_value *v, struct topo_id *out)
{
  const struct topo_value *list = &v[TOPO_MESSAGE_AFTER];
  if (list->bytes.len == 0)
    return false;
  *out = topo_value_id(list);
  return true;
}

/* The last message of a channel, when the clock of one of the last ones is not before `hlc`: 1 or
 * 0, or a storage status. */
static int find_read(struct topo_db *db, int64_t channel, uint64_t hlc, struct topo_id *out)
{
  struct topo_stmt *s =
      topo_stmt(db, "SELECT id,hlc FROM message WHERE channel=?1 ORDER BY place DESC,id DESC"
                    " LIMIT ?2");
  bool ahead = false;
  int n = 0, status;
  topo_bind_i64(s, 1, channel);
  topo_bind_i64(s, 2, TOPO_MESSAGE_READ_MAX);
  while (!ahead && (status = topo_fetch(s)) == 1) {
    if (n++ == 0)
      *out = topo_column_id(s, 0);
    ahead = (uint64_t)topo_column_i64(s, 1) >= hlc;
  }
  topo_reset(s);
  return ahead ? 1 : status;
}

/* A message says by its clock that it is later than what its author has read, and names that where
 * the clock cannot. */
static int complete(struct topo_draft *draft, struct topo_value *v)
{
  struct topo_id channel = topo_value_id(&v[TOPO_MESSAGE_CHANNEL]);
  struct topo_stmt *s = topo_stmt(draft->db, "SELECT no FROM event WHERE h=?1 AND id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(&channel));
  topo_bind_id(s, 2, &channel);
  int status = topo_fetch(s);
  int64_t no = status == 1 ? topo_column_i64(s, 0) : 0;
  topo_reset(s);
  if (status == 1)
    status = find_read(draft->db, no, draft->hlc, &draft->named);
  v[TOPO_MESSAGE_AFTER] =
      status == 1 ? topo_value_of_id(&draft->named) : (struct topo_value){0, {NULL, 0}};
  return status < 0 ? status : 0;
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
                                            .after = after,
                                            .completed = "after",
                                            .complete = complete,
                                            .schema = schema,
                                            .project = project,
                                            .clear = clear,
                                            .fingerprint = fingerprint};
