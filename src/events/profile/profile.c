/*
 * profile.c - the name of a user, or of the workspace. The entity is whose name it is; of the
 * accepted profiles that are in reach the one with the greatest (version, hlc, id) counts, whatever
 * order they came in (docs/protocol.md §5). Those out of reach are kept aside: what comes may bring
 * them into it.
 */
#include "events/profile/profile.h"

#include "base/status.h"
#include "events/profile/profile_read.h"
#include "events/user/user_read.h"

#include <stddef.h>

static const struct topo_field fields[] = {
    [TOPO_PROFILE_OF] = {"of", TOPO_FIELD_U8, 0, TOPO_PROFILE_OF_WORKSPACE, 0},
    [TOPO_PROFILE_VERSION] = {"version", TOPO_FIELD_U64, 1, 0, 0},
    [TOPO_PROFILE_NAME] = {"name", TOPO_FIELD_TEXT, 1, TOPO_NAME_MAX, 0},
    {0},
};

/* profile_read.h says what the columns are. */
static const char schema[] =
    "CREATE TABLE profile(entity INTEGER PRIMARY KEY, version INTEGER NOT NULL,"
    " hlc INTEGER NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL);"
    "CREATE TABLE profile_ahead(entity INTEGER NOT NULL, version INTEGER NOT NULL,"
    " hlc INTEGER NOT NULL, id BLOB NOT NULL, name TEXT NOT NULL,"
    " PRIMARY KEY(entity,version,hlc,id)) WITHOUT ROWID;";

/* Versions are compared as SQLite's integers. */
static int check(const struct topo_value *v)
{
  return v[TOPO_PROFILE_VERSION].number > INT64_MAX ? TOPO_EMALFORMED : 0;
}

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

/* The version that counts; 0 when there is none. */
static int version_of(struct topo_db *db, int64_t of, uint64_t *version)
{
  struct topo_stmt *s = topo_stmt(db, "SELECT version FROM profile WHERE entity=?1");
  topo_bind_i64(s, 1, of);
  int status = topo_fetch(s);
  *version = status == 1 ? (uint64_t)topo_column_i64(s, 0) : 0;
  topo_reset(s);
  return status < 0 ? status : 0;
}

/* Where nobody can go further nothing more is said; no number of events leads there. */
static int complete(struct topo_draft *draft, struct topo_value *v)
{
  uint64_t version = 0;
  int status = draft->entity ? version_of(draft->db, draft->entity, &version) : 0;
  v[TOPO_PROFILE_VERSION].number = version + 1;
  return status;
}

/* Puts the profile aside, unless what counts is greater already. */
static int put_aside(struct topo_db *db, const struct topo_event *e)
{
  struct topo_stmt *s = topo_stmt(
      db, "INSERT OR IGNORE INTO profile_ahead(entity,version,hlc,id,name) SELECT ?1,?2,?3,?4,?5"
          " WHERE NOT EXISTS(SELECT 1 FROM profile p WHERE p.entity=?1"
          " AND (p.version,p.hlc,p.id)>=(?2,?3,?4))");
  struct topo_bytes name = e->values[TOPO_PROFILE_NAME].bytes;
  topo_bind_i64(s, 1, e->entity);
  topo_bind_i64(s, 2, (int64_t)e->values[TOPO_PROFILE_VERSION].number);
  topo_bind_i64(s, 3, (int64_t)e->hlc);
  topo_bind_id(s, 4, e->id);
  topo_bind_text(s, 5, name.data, name.len);
  return topo_execute(s);
}

/* The greatest that is in reach of `version` counts from now on, if there is one. */
static int reach(struct topo_db *db, int64_t of, uint64_t version)
{
  struct topo_stmt *s = topo_stmt(
      db, "INSERT OR REPLACE INTO profile(entity,version,hlc,id,name)"
          " SELECT entity,version,hlc,id,name FROM profile_ahead WHERE entity=?1 AND version<=?2"
          " ORDER BY version DESC,hlc DESC,id DESC LIMIT 1");
  uint64_t most = version + TOPO_PROFILE_STEP_MAX;
  topo_bind_i64(s, 1, of);
  topo_bind_i64(s, 2, most > INT64_MAX ? INT64_MAX : (int64_t)most);
  int status = topo_execute(s);
  if (status < 0)
    return status;
  s = topo_stmt(db, "DELETE FROM profile_ahead WHERE entity=?1 AND version<=?2");
  topo_bind_i64(s, 1, of);
  topo_bind_i64(s, 2, most > INT64_MAX ? INT64_MAX : (int64_t)most);
  return topo_execute(s);
}

/* Each turn but the last brings a version closer that was put aside, for good. */
static int project(struct topo_db *db, const struct topo_event *e)
{
  uint64_t before = 0, version = 0;
  int status = put_aside(db, e);
  if (status == 0)
    status = version_of(db, e->entity, &version);
  do {
    before = version;
    if (status == 0)
      status = reach(db, e->entity, before);
    if (status == 0)
      status = version_of(db, e->entity, &version);
  } while (status == 0 && version > before);
  return status;
}

static int clear(struct topo_db *db, int64_t of)
{
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM profile WHERE entity=?1");
  topo_bind_i64(s, 1, of);
  int status = topo_execute(s);
  if (status < 0)
    return status;
  s = topo_stmt(db, "DELETE FROM profile_ahead WHERE entity=?1");
  topo_bind_i64(s, 1, of);
  return topo_execute(s);
}

static const char *const fingerprint[] = {"SELECT e.id, p.version, p.hlc, p.id, p.name FROM "
                                          "profile p JOIN event e ON e.no=p.entity ORDER BY e.id",
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

/* Writes the name that the statement finds, if it finds one: 1 or 0, or a storage status. */
static int put_given(struct topo_stmt *s, const char *of, struct topo_json *out)
{
  int status = topo_fetch(s);
  if (status <= 0)
    return status;
  struct topo_bytes name = topo_column_bytes(s, 0);
  topo_json_begin_object(out);
  topo_json_key(out, "of");
  topo_json_string(out, of);
  topo_json_key(out, "name");
  topo_json_string_n(out, name.data, name.len);
  topo_json_end_object(out);
  topo_reset(s);
  return 1;
}

static int put_name_of_user(const struct topo_view *view, const struct topo_id *event,
                            struct topo_json *out)
{
  int64_t user = 0;
  int status = topo_view_user_no(view, &view->device, &user);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(view->db, "SELECT name FROM profile WHERE entity=?1 AND id=?2");
  topo_bind_i64(s, 1, user);
  topo_bind_id(s, 2, event);
  return put_given(s, "user", out);
}

static int put_name_of_workspace(const struct topo_view *view, const struct topo_id *event,
                                 struct topo_json *out)
{
  struct topo_stmt *s =
      topo_stmt(view->db, "SELECT p.name FROM event e CROSS JOIN profile p ON p.entity=e.no"
                          " WHERE e.h=?1 AND e.id=?2 AND p.id=?3");
  topo_bind_i64(s, 1, topo_id_prefix(&view->workspace));
  topo_bind_id(s, 2, &view->workspace);
  topo_bind_id(s, 3, event);
  return put_given(s, "workspace", out);
}

/* Operations name this device's user and the workspace, and no other entity. */
static int answer(const struct topo_view *view, const struct topo_entity *event,
                  struct topo_json *out)
{
  int status = put_name_of_user(view, &event->id, out);
  if (status == 0)
    status = put_name_of_workspace(view, &event->id, out);
  return status == 0 ? TOPO_ENOTFOUND : status < 0 ? status : 0;
}

const struct topo_type topo_type_profile = {.number = TOPO_TYPE_PROFILE,
                                            .name = "profile",
                                            .fields = fields,
                                            .check = check,
                                            .right = right,
                                            .resource_of = resource_of,
                                            .answer = answer,
                                            .entity = entity,
                                            .completed = "version",
                                            .complete = complete,
                                            .schema = schema,
                                            .project = project,
                                            .clear = clear,
                                            .fingerprint = fingerprint};
