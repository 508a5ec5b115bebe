/*
 * reaction.c - an emoji on a message. All reactions of a message are one entity; the same emoji
 * twice by one user counts once, which the reads see to: the rows keep every event, so that none is
 * lost when another flips.
 */
#include "events/reaction/reaction.h"

#include "base/status.h"
#include "events/message/message_read.h"

#include <stddef.h>

static const struct topo_field fields[] = {
    [TOPO_REACTION_MESSAGE] = {"message", TOPO_FIELD_ID, 0, 0, 0},
    [TOPO_REACTION_EMOJI] = {"emoji", TOPO_FIELD_TEXT, 1, TOPO_EMOJI_MAX, 0},
    {0},
};

static const char schema[] =
    "CREATE TABLE reaction(no INTEGER PRIMARY KEY, message INTEGER NOT NULL, user INTEGER NOT NULL,"
    " hlc INTEGER NOT NULL, emoji TEXT NOT NULL);"
    "CREATE INDEX reaction_message ON reaction(message,emoji,user);";

static enum topo_right right(const struct topo_value *v)
{
  (void)v;
  return TOPO_RIGHT_POST;
}

static size_t depends(const struct topo_value *v,
                      struct topo_dependency out[static TOPO_DEPENDENCIES_MAX])
{
  out[0] = (struct topo_dependency){topo_value_id(&v[TOPO_REACTION_MESSAGE]), TOPO_TYPE_MESSAGE};
  return 1;
}

static struct topo_id entity(const struct topo_value *v, const struct topo_id *workspace,
                             const struct topo_id *user)
{
  (void)workspace;
  (void)user;
  return topo_value_id(&v[TOPO_REACTION_MESSAGE]);
}

static int project(struct topo_db *db, const struct topo_event *e)
{
  struct topo_stmt *s =
      topo_stmt(db, "INSERT INTO reaction(no,message,user,hlc,emoji) VALUES(?1,?2,?3,?4,?5)");
  struct topo_bytes emoji = e->values[TOPO_REACTION_EMOJI].bytes;
  topo_bind_i64(s, 1, e->no);
  topo_bind_i64(s, 2, e->entity);
  topo_bind_i64(s, 3, e->user);
  topo_bind_i64(s, 4, (int64_t)e->hlc);
  topo_bind_text(s, 5, emoji.data, emoji.len);
  return topo_execute(s);
}

static int clear(struct topo_db *db, int64_t message)
{
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM reaction WHERE message=?1");
  topo_bind_i64(s, 1, message);
  return topo_execute(s);
}

static const char *const fingerprint[] = {
    "SELECT e.id, m.id, u.id, r.hlc, r.emoji FROM reaction r JOIN event e ON e.no=r.no"
    " JOIN event m ON m.no=r.message JOIN event u ON u.no=r.user ORDER BY e.id",
    NULL};

/* A reaction has no item of its own: it is shown with its message. */
static int answer(const struct topo_view *view, const struct topo_entity *reaction,
                  struct topo_json *out)
{
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT m.id,r.emoji FROM reaction r CROSS JOIN event m ON m.no=r.message"
                          " WHERE r.no=?1");
  topo_bind_i64(s, 1, reaction->no);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  struct topo_id message = topo_column_id(s, 0);
  struct topo_bytes emoji = topo_column_bytes(s, 1);
  topo_json_begin_object(out);
  topo_json_key(out, "reaction");
  topo_json_id(out, &reaction->id);
  topo_json_key(out, "message");
  topo_json_id(out, &message);
  topo_json_key(out, "emoji");
  topo_json_string_n(out, emoji.data, emoji.len);
  topo_json_end_object(out);
  topo_reset(s);
  return 0;
}

const struct topo_type topo_type_reaction = {.number = TOPO_TYPE_REACTION,
                                             .name = "reaction",
                                             .fields = fields,
                                             .right = right,
                                             .resource = &topo_resource_message,
                                             .answer = answer,
                                             .depends = depends,
                                             .entity = entity,
                                             .schema = schema,
                                             .project = project,
                                             .clear = clear,
                                             .fingerprint = fingerprint};
