/*
 * composite.c - the composite-writer limit: what one core could do if receiving a message were
 * nothing but the work that cannot be left out, written by hand for this one case.
 *
 * Per message, on one thread, without a network: decode the header and hash (the id), derive the
 * message key from its chain's cached path, unseal, decode; then four inserts with the statements
 * below, into the tables and indexes of the real schema (store/log.c, events/message): the event
 * with its id index, its bytes, its edge to the channel, its row of the message projection with the
 * page index. Signatures of chain heads only: the last message of each of the 40 chains in a
 * transaction. A transaction has 1,000 messages and is not synced (synchronous=NORMAL); the log is
 * copied back whenever it has 10,000 pages; the page cache is BENCH_CACHE_KIB.
 *
 * Left out, and so the price of the real thing: looking whether the event is known, interning,
 * credentials and rights, chains and their predecessors, item sets, sessions, and every table of
 * other types.
 *
 * The messages are those of the sync workloads; making them is not timed.
 */
#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/pair.h"

#include <stdio.h>
#include <stdlib.h>

#include "events/message/message.h"
#include "store/log.h"
#include "sys/clock.h"
#include "sys/disk.h"

enum { TRANSACTION = 1000, CHECKPOINT_PAGES = 10000, CHAINS = CROWD_USERS * CROWD_DEVICES };

struct writer {
  struct topo_db *db;
  const struct topo_context *context;
  const struct topo_epoch_key *key;
  struct topo_ggm_path paths[CHAINS];
  struct topo_buf plain;
  int64_t no; /* of the last row */
};

enum { CHANNEL_NO = 1, EPOCH_NO = 2, CREDENTIAL_NO = 3, USER_NO = 4, FIRST_NO = 100 };

static void open_database(struct writer *w, const struct bench_options *o)
{
  char path[BENCH_PATH];
  struct topo_disk disk = topo_disk_os();
  bench_path(path, o, "composite.db");
  struct topo_db_options options = {
      .path = path, .disk = &disk, .application_id = 1, .cache_kib = BENCH_CACHE_KIB};
  bench_check(topo_db_open(&w->db, &options), path);
  bench_check(topo_db_exec(w->db, topo_log_migration.sql), "the log's tables");
  bench_check(topo_db_exec(w->db, topo_type_message.schema), "the messages' table");
  w->no = FIRST_NO;
}

static void insert_event(struct writer *w, const struct topo_envelope *e)
{
  struct topo_stmt *s =
      topo_stmt(w->db, "INSERT INTO event(no,h,id,state,type,set_no,auth,hlc,missing,judged)"
                       " VALUES(?1,?2,?3,5,4099,?4,?5,?6,0,1)");
  topo_bind_i64(s, 1, w->no);
  topo_bind_i64(s, 2, topo_id_prefix(&e->id));
  topo_bind_id(s, 3, &e->id);
  topo_bind_i64(s, 4, EPOCH_NO);
  topo_bind_i64(s, 5, CREDENTIAL_NO);
  topo_bind_i64(s, 6, (int64_t)e->hlc);
  bench_check(topo_execute(s), "event");
  s = topo_stmt(w->db, "INSERT INTO body(no,bytes) VALUES(?1,?2)");
  topo_bind_i64(s, 1, w->no);
  topo_bind_blob(s, 2, e->raw.data, e->raw.len);
  bench_check(topo_execute(s), "body");
  s = topo_stmt(w->db, "INSERT INTO edge(target,kind,source) VALUES(?1,1,?2)");
  topo_bind_i64(s, 1, CHANNEL_NO);
  topo_bind_i64(s, 2, w->no);
  bench_check(topo_execute(s), "edge");
}

static void insert_message(struct writer *w, const struct topo_envelope *e, struct topo_bytes text)
{
  struct topo_stmt *s = topo_stmt(
      w->db, "INSERT INTO message(no,channel,user,hlc,place,id,text) VALUES(?1,?2,?3,?4,?4,?5,?6)");
  topo_bind_i64(s, 1, w->no);
  topo_bind_i64(s, 2, CHANNEL_NO);
  topo_bind_i64(s, 3, USER_NO);
  topo_bind_i64(s, 4, (int64_t)e->hlc);
  topo_bind_id(s, 5, &e->id);
  topo_bind_text(s, 6, text.data, text.len);
  bench_check(topo_execute(s), "message");
}

static void write_one(struct writer *w, struct topo_bytes raw, struct topo_ggm_path *path,
                      bool is_head)
{
  struct topo_envelope e;
  struct topo_inner inner;
  struct topo_value values[TOPO_FIELDS_MAX];
  bench_check(topo_envelope_decode(&e, w->context, raw), "decoding");
  bench_check(topo_content_open(w->key, w->context, &e, path, &w->plain, &inner), "unsealing");
  if (is_head)
    bench_check(topo_inner_verify(&inner, &e, w->context), "verifying");
  bench_check(topo_fields_decode(topo_type_message.fields, inner.body, values), "fields");
  w->no++;
  insert_event(w, &e);
  insert_message(w, &e, values[TOPO_MESSAGE_TEXT].bytes);
}

/* The messages of one transaction, as `u32 length ‖ event`, chains taking turns. */
static void write_all(struct writer *w, const struct topo_buf *events, uint64_t n)
{
  struct topo_reader r = topo_reader_init(events->data, events->len);
  bench_check(topo_db_begin(w->db, false), "begin");
  for (uint64_t i = 0; i < n; i++)
    write_one(w, topo_read_bytes(&r, topo_read_u32(&r)), &w->paths[i % CHAINS], i + CHAINS >= n);
  bench_check(topo_db_commit(w->db), "commit");
  bench_check(topo_db_checkpoint(w->db, CHECKPOINT_PAGES), "checkpoint");
}

static void report(uint64_t n, double wall_s, double cpu_s, double last_fifth_s)
{
  char name[96];
  snprintf(name, sizeof name, "composite_%llu", (unsigned long long)n);
  bench_line(name, (double)n / wall_s, "message/s");
  snprintf(name, sizeof name, "composite_%llu_cpu", (unsigned long long)n);
  bench_line(name, (double)n / cpu_s, "message/s");
  snprintf(name, sizeof name, "composite_%llu_last_fifth", (unsigned long long)n);
  bench_line(name, (double)n / 5 / last_fifth_s, "message/s");
}

static void run(struct writer *w, struct crowd *crowd, struct topo_node *node, uint64_t n)
{
  struct topo_buf events = {0};
  double wall = 0, cpu = 0, last_fifth = 0;
  for (uint64_t done = 0; done < n;) {
    uint64_t some = n - done < TRANSACTION ? n - done : TRANSACTION;
    topo_buf_clear(&events);
    for (uint64_t i = 0; i < some; i++)
      crowd_message(crowd, node, &crowd->devices[i % CHAINS / CROWD_DEVICES][i % CROWD_DEVICES],
                    &events);
    double wall_start = bench_wall_s(), cpu_start = bench_cpu_s();
    write_all(w, &events, some);
    double spent = bench_wall_s() - wall_start;
    cpu += bench_cpu_s() - cpu_start;
    wall += spent;
    if (done >= n / 5 * 4)
      last_fifth += spent;
    done += some;
  }
  report(n, wall, cpu, last_fifth);
  topo_buf_finish(&events);
}

void bench_composite(const struct bench_options *o)
{
  struct pair pair;
  struct crowd *crowd = calloc(1, sizeof *crowd);
  struct writer *w = calloc(1, sizeof *w);
  bench_require(crowd && w, "out of memory");
  pair_init(&pair, o);
  pair_create(&pair);
  struct topo_dag *dag = topo_node_dag(pair.side[0].node);
  crowd_admit(crowd, pair.side[0].node, (uint64_t)topo_clock_wall_ms());
  w->context = topo_dag_context(dag);
  w->key = &topo_dag_keyring(dag)->keys[0];
  open_database(w, o);
  run(w, crowd, pair.side[0].node, o->n);
  topo_db_close(w->db);
  topo_buf_finish(&w->plain);
  bench_discard(o, "composite.db");
  pair_finish(&pair);
  free(w);
  free(crowd);
}
