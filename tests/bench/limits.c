/*
 * limits.c - what one core of this machine does of the things a daemon is made of, through the same
 * functions the daemon calls. Primitives are timed by the thread's processor clock and the best of
 * several rounds counts, so that a busy neighbour does not spoil them; SQLite by both clocks.
 */
#include "bench/bench.h"
#include "bench/load.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/ggm.h"
#include "crypto/hash.h"
#include "crypto/lthash.h"
#include "crypto/seal.h"
#include "crypto/sign.h"
#include "store/log.h"
#include "sys/disk.h"
#include "sys/rng.h"

enum { ROUNDS = 5, SMALL = 300, BIG = 256 * 1024, TRANSACTION = 1000, BODY = 300, READS = 100000 };
static const double ROUND_S = 0.1;

static uint8_t input[BIG], output[BIG + TOPO_SEAL_OVERHEAD], key[32], signature[TOPO_SIG_SIZE];
static struct topo_sign_key signer;
static struct topo_lthash sum;
static struct topo_ggm_path path;
static uint32_t leaf_number;
static const struct topo_bytes small = {input, SMALL}, big = {input, BIG};

static void op_sign(void)
{
  topo_sign(signature, &signer, &small, 1);
}
static void op_verify(void)
{
  bench_check(topo_verify(signature, &signer.public_key, &small, 1), "verify");
}
static void op_hash_small(void)
{
  topo_hash(output, &small, 1);
}
static void op_hash_big(void)
{
  topo_hash(output, &big, 1);
}
static void op_seal_small(void)
{
  topo_seal(output, key, NULL, 0, small);
}
static void op_unseal_small(void)
{
  static uint8_t plain[SMALL];
  bench_check(topo_unseal(plain, key, NULL, 0, output, SMALL + TOPO_SEAL_OVERHEAD), "unseal");
}
static void op_seal_big(void)
{
  topo_seal(output, key, NULL, 0, big);
}
static void op_next_leaf(void)
{
  uint8_t leaf[32];
  topo_ggm_leaf(leaf, key, 1, leaf_number++ % TOPO_GGM_SEQ_LIMIT, &path);
}
static void op_lthash(void)
{
  struct topo_id id;
  memcpy(id.bytes, input, sizeof id.bytes);
  topo_lthash_add(&sum, &id);
}

/* The best rate over the rounds, per second of processor time. */
static double rate(void (*op)(void))
{
  double best = 0, spent = 0;
  long n = 1;
  for (; spent < ROUND_S / 4; n *= 4) { /* how many make a round */
    spent = bench_cpu_s();
    for (long i = 0; i < n; i++)
      op();
    spent = bench_cpu_s() - spent;
  }
  for (int round = 0; round < ROUNDS; round++) {
    spent = bench_cpu_s();
    for (long i = 0; i < n; i++)
      op();
    spent = bench_cpu_s() - spent;
    best = (double)n / spent > best ? (double)n / spent : best;
  }
  return best;
}

static void fill_inputs(void)
{
  struct topo_rng rng = topo_rng_os();
  topo_rng_fill(&rng, input, sizeof input);
  topo_rng_fill(&rng, key, sizeof key);
  topo_sign_key_from_seed(&signer, key);
}

double bench_sign_rate(void)
{
  fill_inputs();
  return rate(op_sign);
}

void bench_sync(const struct bench_options *o, const char *name)
{
  enum { PAGE = 4096 };
  static const double SYNC_S = 1;
  static const char page[PAGE];
  char file[BENCH_PATH], line[64];
  struct load_times times = {{0}};
  bench_path(file, o, "sync");
  int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  double start_s = bench_wall_s(), now_s = start_s, done_s;
  uint64_t n = 0;
  for (; now_s < start_s + SYNC_S; n++, now_s = done_s) {
    bench_require(write(fd, page, PAGE) == PAGE && fdatasync(fd) == 0, file);
    done_s = bench_wall_s();
    load_times_add(&times, done_s - now_s);
  }
  close(fd);
  unlink(file);
  bench_line(name, (double)n / (now_s - start_s), "sync/s");
  snprintf(line, sizeof line, "%s_p99", name);
  bench_line(line, load_times_rank(&times, 0.99), "ms");
  load_times_finish(&times);
}

void bench_crypto(const struct bench_options *o)
{
  (void)o;
  fill_inputs();
  bench_line("ed25519_sign_300B", rate(op_sign), "op/s");
  bench_line("ed25519_verify_300B", rate(op_verify), "op/s");
  bench_line("blake2b256_300B", rate(op_hash_small), "op/s");
  bench_line("blake2b256_256KiB", rate(op_hash_big) * BIG / 1e6, "MB/s");
  bench_line("seal_300B", rate(op_seal_small), "op/s");
  bench_line("unseal_300B", rate(op_unseal_small), "op/s");
  bench_line("seal_256KiB", rate(op_seal_big) * BIG / 1e6, "MB/s");
  bench_line("next_message_key", rate(op_next_leaf), "op/s");
  bench_line("lthash_add", rate(op_lthash), "op/s");
}

/* A reproducible id without a list of them. */
static struct topo_id id_of(uint64_t i)
{
  struct topo_id id;
  struct topo_bytes part = {(const uint8_t *)&i, sizeof i};
  topo_hash(id.bytes, &part, 1);
  return id;
}

static struct topo_db *open_log(const struct bench_options *o)
{
  char file[BENCH_PATH];
  struct topo_db *db;
  struct topo_disk disk = topo_disk_os();
  bench_path(file, o, "limits.db");
  struct topo_db_options options = {
      .path = file, .disk = &disk, .application_id = 1, .cache_kib = BENCH_CACHE_KIB};
  bench_check(topo_db_open(&db, &options), file);
  bench_check(topo_db_exec(db, topo_log_migration.sql), "the log's tables");
  return db;
}

/* Rows of the log as store/log.c writes them, by hand: an event and its bytes. */
static void insert_row(struct topo_db *db, uint64_t i)
{
  struct topo_id id = id_of(i);
  struct topo_stmt *s =
      topo_stmt(db, "INSERT INTO event(h,id,state,type,set_no,auth,hlc,missing,judged)"
                    " VALUES(?1,?2,5,4099,1,2,?3,0,1)");
  topo_bind_i64(s, 1, topo_id_prefix(&id));
  topo_bind_id(s, 2, &id);
  topo_bind_i64(s, 3, (int64_t)i);
  bench_check(topo_execute(s), "event");
  s = topo_stmt(db, "INSERT INTO body(no,bytes) VALUES(?1,?2)");
  topo_bind_i64(s, 1, topo_db_last_rowid(db));
  topo_bind_blob(s, 2, input, BODY);
  bench_check(topo_execute(s), "body");
}

static void read_row(struct topo_db *db, uint64_t i)
{
  struct topo_id id = id_of(i);
  struct topo_stmt *s = topo_stmt(
      db, "SELECT b.bytes FROM event e JOIN body b ON b.no=e.no WHERE e.h=?1 AND e.id=?2");
  topo_bind_i64(s, 1, topo_id_prefix(&id));
  topo_bind_id(s, 2, &id);
  bench_require(topo_fetch(s) == 1 && topo_column_bytes(s, 0).len == BODY, "a row is not there");
  topo_reset(s);
}

static void both_clocks(const char *what, uint64_t rows, double count, double wall_s, double cpu_s)
{
  char name[96];
  snprintf(name, sizeof name, "sqlite_%s_%llu", what, (unsigned long long)rows);
  bench_line(name, count / wall_s, "row/s");
  snprintf(name, sizeof name, "sqlite_%s_%llu_cpu", what, (unsigned long long)rows);
  bench_line(name, count / cpu_s, "row/s");
}

/* Inserts up to `rows`, then reads at random among them. */
static void fill(struct topo_db *db, uint64_t first, uint64_t rows)
{
  struct topo_rng rng = topo_rng_os();
  double wall = bench_wall_s(), cpu = bench_cpu_s();
  for (uint64_t i = first; i < rows;) {
    bench_check(topo_db_begin(db, false), "begin");
    for (int k = 0; k < TRANSACTION && i < rows; k++, i++)
      insert_row(db, i);
    bench_check(topo_db_commit(db), "commit");
    bench_check(topo_db_checkpoint(db, 10000), "checkpoint");
  }
  both_clocks("insert", rows, (double)(rows - first), bench_wall_s() - wall, bench_cpu_s() - cpu);
  wall = bench_wall_s();
  cpu = bench_cpu_s();
  for (int i = 0; i < READS; i++)
    read_row(db, topo_rng_u64(&rng) % rows);
  both_clocks("read", rows, READS, bench_wall_s() - wall, bench_cpu_s() - cpu);
}

void bench_sqlite(const struct bench_options *o)
{
  struct topo_db *db = open_log(o);
  uint64_t first = 0;
  for (uint64_t rows = 10000; rows < o->n; rows *= 10) {
    fill(db, first, rows);
    first = rows;
  }
  fill(db, first, o->n);
  topo_db_close(db);
  bench_discard(o, "limits.db");
}
