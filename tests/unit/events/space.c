/* space.c - filling tables by hand, and calling operations on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/base64url.h"
#include "api/operations.gen.h"
#include "base/status.h"
#include "crypto/hash.h"
#include "dag/dag.h"
#include "events/message/message_read.h"
#include "events/types.h"
#include "unit/events/space.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct topo_disk disk; /* SQLite's own VFS */

static void fill_zero(void *ctx, void *out, size_t len)
{
  (void)ctx;
  memset(out, 0, len);
}

/* A dag of no events creates the tables and is not needed further. */
static void create_tables(struct space *space)
{
  static const struct topo_rng_ops rng_ops = {fill_zero};
  const struct topo_rng rng = {&rng_ops, NULL};
  struct topo_migration steps[TOPO_DAG_MIGRATIONS];
  for (int i = 0; i < TOPO_DAG_MIGRATIONS; i++)
    steps[i] = *topo_dag_migrations[i];
  assert_int_equal(topo_db_migrate(space->db, steps, TOPO_DAG_MIGRATIONS), 0);
  const struct topo_self self = {.workspace = space->view.workspace};
  struct topo_dag *dag;
  assert_int_equal(topo_dag_open(&dag, space->db, topo_types, &rng, &self), 0);
  topo_dag_close(dag);
}

struct space *space_create(void)
{
  struct space *space = calloc(1, sizeof *space);
  assert_non_null(space);
  strcpy(space->folder, "/tmp/topo-views-XXXXXX");
  assert_non_null(mkdtemp(space->folder));
  snprintf(space->path, sizeof space->path, "%s/space", space->folder);
  struct topo_db_options options = {
      .path = space->path, .disk = &disk, .application_id = 1, .cache_kib = 512};
  assert_int_equal(topo_db_open(&space->db, &options), 0);
  space->view.workspace = space_id("workspace", 0);
  space->view.device = space_id("device", 0);
  create_tables(space);
  options.read_only = true;
  assert_int_equal(topo_db_open(&space->reader, &options), 0);
  space->view.db = space->reader;
  return space;
}

void space_destroy(struct space *space)
{
  static const char *const ends[] = {"", "-wal", "-shm"};
  topo_db_close(space->reader);
  topo_db_close(space->db);
  for (size_t i = 0; i < 3; i++) {
    char path[64];
    snprintf(path, sizeof path, "%s%s", space->path, ends[i]);
    unlink(path);
  }
  rmdir(space->folder);
  free(space);
}

struct topo_id space_id(const char *word, unsigned n)
{
  char text[64];
  int len = snprintf(text, sizeof text, "%s %u", word, n);
  const struct topo_bytes part = {(const uint8_t *)text, (size_t)len};
  struct topo_id id;
  topo_hash(id.bytes, &part, 1);
  return id;
}

int64_t space_no(struct space *space, const struct topo_id *id)
{
  struct topo_stmt *s = topo_stmt(space->db, "SELECT no FROM event WHERE h=?1 AND id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(id));
  topo_bind_id(s, 2, id);
  int status = topo_fetch(s);
  assert_true(status >= 0);
  if (status == 1) {
    int64_t no = topo_column_i64(s, 0);
    topo_reset(s);
    return no;
  }
  s = topo_stmt(space->db, "INSERT INTO event(h,id,state,type,set_no,auth,hlc,missing,judged)"
                           " VALUES(?1,?2,0,0,0,0,0,0,0)");
  topo_bind_i64(s, 1, topo_id_prefix(id));
  topo_bind_id(s, 2, id);
  assert_int_equal(topo_execute(s), 0);
  return topo_db_last_rowid(space->db);
}

static int64_t user_no(struct space *space, unsigned user)
{
  const struct topo_id id = space_id("user", user);
  return space_no(space, &id);
}

void space_credential(struct space *space, unsigned user, const struct topo_id *device,
                      enum topo_role role, bool genesis)
{
  int64_t user_row = user_no(space, user);
  struct topo_stmt *s =
      topo_stmt(space->db, "INSERT INTO event(h,id,state,type,set_no,auth,hlc,missing,judged)"
                           " VALUES(?1,?2,5,2,0,0,0,0,0)");
  static unsigned credentials;
  const struct topo_id id = space_id("credential", credentials++);
  topo_bind_i64(s, 1, topo_id_prefix(&id));
  topo_bind_id(s, 2, &id);
  assert_int_equal(topo_execute(s), 0);
  int64_t no = topo_db_last_rowid(space->db);
  s = topo_stmt(space->db,
                "INSERT INTO credential(no,device,user,role,genesis) VALUES(?1,?2,?3,?4,?5)");
  topo_bind_i64(s, 1, no);
  topo_bind_id(s, 2, device);
  topo_bind_i64(s, 3, user_row);
  topo_bind_i64(s, 4, role);
  topo_bind_i64(s, 5, genesis);
  assert_int_equal(topo_execute(s), 0);
}

void space_name(struct space *space, const struct topo_id *of, const char *name)
{
  int64_t no = space_no(space, of);
  struct topo_stmt *s = topo_stmt(
      space->db, "INSERT OR REPLACE INTO profile(entity,version,hlc,id,name) VALUES(?1,1,0,?2,?3)");
  topo_bind_i64(s, 1, no);
  topo_bind_id(s, 2, of);
  topo_bind_text(s, 3, name, strlen(name));
  assert_int_equal(topo_execute(s), 0);
}

void space_channel(struct space *space, const struct topo_id *id, unsigned user, uint64_t hlc,
                   const char *name)
{
  int64_t no = space_no(space, id), user_row = user_no(space, user);
  struct topo_stmt *s =
      topo_stmt(space->db, "INSERT INTO channel(no,user,hlc,name) VALUES(?1,?2,?3,?4)");
  topo_bind_i64(s, 1, no);
  topo_bind_i64(s, 2, user_row);
  topo_bind_i64(s, 3, (int64_t)hlc);
  topo_bind_text(s, 4, name, strlen(name));
  assert_int_equal(topo_execute(s), 0);
}

void space_message(struct space *space, const struct topo_id *id, const struct topo_id *channel,
                   unsigned user, uint64_t hlc, const char *text)
{
  int64_t no = space_no(space, id), channel_row = space_no(space, channel),
          user_row = user_no(space, user);
  struct topo_stmt *s = topo_stmt(
      space->db,
      "INSERT INTO message(no,channel,user,hlc,place,id,text) VALUES(?1,?2,?3,?4,?4,?5,?6)");
  topo_bind_i64(s, 1, no);
  topo_bind_i64(s, 2, channel_row);
  topo_bind_i64(s, 3, user_row);
  topo_bind_i64(s, 4, (int64_t)hlc);
  topo_bind_id(s, 5, id);
  topo_bind_text(s, 6, text, strlen(text));
  assert_int_equal(topo_execute(s), 0);
}

void space_reaction(struct space *space, unsigned n, const struct topo_id *message, unsigned user,
                    const char *emoji)
{
  const struct topo_id id = space_id("reaction", n);
  int64_t no = space_no(space, &id), message_row = space_no(space, message),
          user_row = user_no(space, user);
  struct topo_stmt *s =
      topo_stmt(space->db, "INSERT INTO reaction(no,message,user,hlc,emoji) VALUES(?1,?2,?3,0,?4)");
  topo_bind_i64(s, 1, no);
  topo_bind_i64(s, 2, message_row);
  topo_bind_i64(s, 3, user_row);
  topo_bind_text(s, 4, emoji, strlen(emoji));
  assert_int_equal(topo_execute(s), 0);
}

struct topo_op_call *space_call(struct space *space, const char *path, const char *const *query)
{
  char whole[256], id[TOPO_ID_TEXT_SIZE];
  topo_id_format(id, &space->view.device);
  snprintf(whole, sizeof whole, "/v1/spaces/%s%s", id, path);
  struct topo_op_call *call;
  assert_int_equal(topo_op_route(topo_space_operations, "GET", whole, &call), 0);
  assert_int_equal(call->op->where, TOPO_OP_READ);
  for (; query && query[0] && call->status == 0; query += 2) {
    bool unknown;
    call->status = topo_op_set(call, TOPO_OP_QUERY, query[0], query[1], strlen(query[1]), &unknown);
    assert_false(unknown);
  }
  if (call->status == 0)
    call->status = topo_op_check(call);
  if (call->status == 0)
    call->status = call->op->run(call, &space->view);
  return call;
}

cJSON *space_parse(const struct topo_json *json)
{
  assert_int_equal(topo_json_status(json), 0);
  struct topo_bytes text = topo_json_text(json);
  cJSON *tree = cJSON_ParseWithLength((const char *)text.data, text.len);
  assert_non_null(tree);
  return tree;
}

cJSON *space_get(struct space *space, const char *path, const char *const *query)
{
  struct topo_op_call *call = space_call(space, path, query);
  if (call->status != 0)
    fail_msg("%s: %s (%s)", path, topo_status_name(call->status), call->detail);
  cJSON *tree = space_parse(&call->out);
  topo_op_call_destroy(call);
  return tree;
}

void space_messages_path(char *out, size_t size, const struct topo_id *channel)
{
  char id[TOPO_ID_TEXT_SIZE];
  topo_id_format(id, channel);
  snprintf(out, size, "/channels/%s/messages", id);
}

const char *space_text(const cJSON *object, const char *key)
{
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!cJSON_IsString(value))
    fail_msg("%s is not a string", key);
  return value->valuestring;
}

bool space_true(const cJSON *object, const char *key)
{
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!cJSON_IsBool(value))
    fail_msg("%s is not true or false", key);
  return cJSON_IsTrue(value);
}

double space_number(const cJSON *object, const char *key)
{
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, key);
  if (!cJSON_IsNumber(value))
    fail_msg("%s is not a number", key);
  return value->valuedouble;
}

void space_assert_id(const cJSON *object, const char *key, const struct topo_id *id)
{
  char text[TOPO_ID_TEXT_SIZE];
  topo_id_format(text, id);
  assert_string_equal(space_text(object, key), text);
}
