/* answers.c - the table of answers that were given. */
#include "store/answers.h"

#include "base/assert.h"
#include "base/status.h"

#include <string.h>

/* How many answers are begun between two rounds of removing old ones. */
enum { TRIM_EVERY = 1024 };

const struct topo_migration topo_answers_migration = {
    "CREATE TABLE local_answer(no INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " request BLOB NOT NULL, at_ms INTEGER NOT NULL, event INTEGER NOT NULL, answer TEXT NOT NULL);"
    "CREATE INDEX local_answer_event ON local_answer(event);"};

int topo_answers_find(struct topo_db *db, const char *key, const struct topo_id *request,
                      uint64_t now_ms, struct topo_buf *out)
{
  struct topo_stmt *s =
      topo_stmt(db, "SELECT request,answer FROM local_answer WHERE key=?1 AND at_ms>=?2");
  topo_bind_text(s, 1, key, strlen(key));
  topo_bind_i64(s, 2, (int64_t)now_ms - TOPO_ANSWERS_KEPT_MS);
  int status = topo_fetch(s);
  if (status <= 0)
    return status < 0 ? status : TOPO_ENOTFOUND;
  struct topo_id asked = topo_column_id(s, 0);
  struct topo_bytes answer = topo_column_bytes(s, 1);
  status =
      topo_id_equal(&asked, request) ? topo_buf_put(out, answer.data, answer.len) : TOPO_EMISMATCH;
  topo_reset(s);
  return status;
}

static int trim(struct topo_db *db, uint64_t now_ms)
{
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM local_answer WHERE"
                                      " no<=(SELECT max(no) FROM local_answer)-?1 OR at_ms<?2");
  topo_bind_i64(s, 1, TOPO_ANSWERS_KEPT_MAX);
  topo_bind_i64(s, 2, (int64_t)now_ms - TOPO_ANSWERS_KEPT_MS);
  return topo_execute(s);
}

/* A key is free again after a day, though its answer may not have been trimmed yet. */
static int free_key(struct topo_db *db, const char *key, uint64_t now_ms)
{
  struct topo_stmt *s = topo_stmt(db, "DELETE FROM local_answer WHERE key=?1 AND at_ms<?2");
  topo_bind_text(s, 1, key, strlen(key));
  topo_bind_i64(s, 2, (int64_t)now_ms - TOPO_ANSWERS_KEPT_MS);
  return topo_execute(s);
}

int topo_answers_begin(struct topo_db *db, const char *key, const struct topo_id *request,
                       int64_t event, uint64_t now_ms)
{
  topo_assert(topo_db_in_transaction(db));
  int status = free_key(db, key, now_ms);
  if (status < 0)
    return status;
  struct topo_stmt *s = topo_stmt(db, "INSERT INTO local_answer(key,request,at_ms,event,answer)"
                                      " VALUES(?1,?2,?3,?4,'')");
  topo_bind_text(s, 1, key, strlen(key));
  topo_bind_id(s, 2, request);
  topo_bind_i64(s, 3, (int64_t)now_ms);
  topo_bind_i64(s, 4, event);
  status = topo_execute(s);
  return status == 0 && topo_db_last_rowid(db) % TRIM_EVERY == 0 ? trim(db, now_ms) : status;
}

int topo_answers_end(struct topo_db *db, const char *key, struct topo_bytes answer)
{
  topo_assert(topo_db_in_transaction(db));
  struct topo_stmt *s = topo_stmt(db, "UPDATE local_answer SET answer=?2 WHERE key=?1");
  topo_bind_text(s, 1, key, strlen(key));
  topo_bind_text(s, 2, answer.data, answer.len);
  return topo_execute(s);
}
