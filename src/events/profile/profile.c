/*
 * profile.c - the name of a user, or of the workspace. The entity is whose name it is; the
 * accepted profile with the greatest (hlc, id) counts, whatever order they came in.
 */
#include "events/profile/profile.h"

#include "base/status.h"
#include "events/profile/profile_read.h"
#include "events/user/user_read.h"

#include <stddef.h>

static const struct topo_field fields[] = {
    [TOPO_PROFILE_OF] = {"of", TOPO_FIELD_U8, TOPO_PROFILE_OF_USER, TOPO_PROFILE_OF_WORKSPACE, 0},
    [TOPO_PROFILE_NAME] = {"name", TOPO_FIELD_TEXT, 1, TOPO_NAME_MAX, 0},
    {0},
};

static const char schema[] =
    "CREATE TABLE profile(entity INTEGER PRIMARY KEY, hlc INTEGER NOT NULL, id BLOB NOT NULL,"
    " name TEXT NOT NULL);";

static enum topo_right right(const struct topo_value *v)
{
  return v[TOPO_PROFILE_OF].number == TOPO_PROFILE_OF_WORKSPACE ? TOPO_RIGHT_NAME_WORKSPACE
                                                                : TOPO_RIGHT_PROFILE;
}

static struct topo_id entity(const struct topo_value *v, const struct topo_id *space,
                             const struct topo_id *user)
{
  return v[TOPO_PROFILE_OF].number == TOPO_PROFILE_OF_WORKSPACE ? *space : *user;
}

static int project(struct topo_db *db, const struct topo_event *e)
{
  struct topo_stmt *s = topo_stmt(
      db, "INSERT INTO profile(entity,hlc,id,name) VALUES(?1,?2,?3,?4)"
          " ON CONFLICT(entity) DO UPDATE SET hlc=excluded.hlc,id=excluded.id,name=excluded.name"
          " WHERE (excluded.hlc,excluded.id)>(hlc,id)");
  struct topo_bytes name = e->values[TOPO_PROFILE_NAME].bytes;
  topo_bind_i64(s, 1, e->entity);
  topo_bind_i64(s, 2, (int64_t)e->hlc);
  topo_bind_id(s, 3, e->id);
  topo_bind_text(s, 4, name.data, name.len);
  return topo_execute(s);
}

static int clear(struct topo_db *db, int64_t of)
{
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM profile WHERE entity=?1");
  topo_bind_i64(s, 1, of);
  return topo_execute(s);
}

static const char *const fingerprint[] = {
    "SELECT e.id, p.hlc, p.id, p.name FROM profile p JOIN event e ON e.no=p.entity ORDER BY e.id",
    NULL};

static int workspace_item(const struct topo_view *view, const struct topo_entity *workspace,
                          struct topo_json *out)
{
  topo_json_begin_object(out);
  topo_json_key(out, "workspace");
  topo_json_id(out, &workspace->id);
  int status = topo_profile_put_name(view, workspace->no, out);
  topo_json_end_object(out);
  return status;
}

static const struct topo_resource workspace = {
    .type = TOPO_NOTIFY_WORKSPACE, .key = "workspace", .item = workspace_item};

static int resource_of(const struct topo_view *view, int64_t of, const struct topo_resource **out)
{
  struct topo_id id;
  int status = topo_view_id_of(view, of, &id);
  if (status == 0)
    *out = topo_id_equal(&id, &view->workspace) ? &workspace : &topo_resource_member;
  return status;
}

const struct topo_type topo_type_profile = {.number = TOPO_TYPE_PROFILE,
                                            .name = "profile",
                                            .fields = fields,
                                            .right = right,
                                            .resource_of = resource_of,
                                            .entity = entity,
                                            .schema = schema,
                                            .project = project,
                                            .clear = clear,
                                            .fingerprint = fingerprint};
