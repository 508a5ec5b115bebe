/*
 * check_oracle.c - a host's log under the oracle: verdicts, item sets and the projected state must
 * be what the rules, told naively, make of the same bytes.
 */
#include "sim/sim.h"

#include "base/assert.h"
#include "base/status.h"
#include "model/oracle_pages.h"
#include "node/parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The oracle's verdict as the log's state; 0 for what is not kept. */
static unsigned state_of(enum oracle_verdict v)
{
  switch (v) {
  case ORACLE_PENDING: return TOPO_STATE_PENDING;
  case ORACLE_UNAUTHORISED: return TOPO_STATE_UNAUTHORISED;
  case ORACLE_UNREADABLE: return TOPO_STATE_UNREADABLE;
  case ORACLE_BLOCKED: return TOPO_STATE_BLOCKED;
  case ORACLE_ACCEPTED: return TOPO_STATE_ACCEPTED;
  default: return 0;
  }
}

static void check_verdicts(struct sim_host *h, const struct sim_log *log,
                           const struct oracle_result *result)
{
  for (size_t i = 0; i < log->n; i++) {
    const struct oracle_event *e = oracle_find(result, &log->ids[i]);
    if (!e || state_of(e->verdict) != log->states[i])
      sim_fail(h->world, "host %u: an event of type %x is in state %u, the rules say %s", h->index,
               e ? e->type : 0, log->states[i], e ? oracle_verdict_name(e->verdict) : "nothing");
  }
}

static void check_items(struct sim_host *h, const struct oracle_result *result)
{
  size_t total = 0, expected = 0;
  for (size_t i = 0; i < h->node->sets.n; i++) {
    const struct topo_node_set *set = &h->node->sets.sets[i];
    if (set->records) /* no events: check.c looks at them */
      continue;
    struct oracle_ids ids = oracle_item_set(result, &set->id);
    struct topo_lthash sum = {{0}};
    struct topo_id a, b;
    for (size_t k = 0; k < ids.n; k++)
      topo_lthash_add(&sum, &ids.ids[k]);
    topo_lthash_digest(&sum, &a);
    topo_lthash_digest(&set->hash, &b);
    if (!topo_id_equal(&a, &b))
      sim_fail(h->world, "host %u: a set is not that of the rules", h->index);
    total += ids.n;
    oracle_ids_finish(&ids);
  }
  for (size_t i = 0; i < result->n_events; i++)
    expected += oracle_is_item(result, &result->events[i]);
  if (total != expected)
    sim_fail(h->world, "host %u: a set is missing", h->index);
}

/* What it would tell a peer in SETS is what the rules make of its items. */
static void check_told(struct sim_host *h, const struct oracle_result *result)
{
  struct topo_sets *sets = &h->node->sets;
  struct topo_session_set *rows = calloc(sets->n + 1, sizeof *rows);
  struct topo_session_sets told;
  size_t n = 0;
  topo_assert(rows);
  for (size_t i = 0; i < sets->n; i++) {
    struct oracle_ids ids = oracle_item_set(result, &sets->sets[i].id);
    struct topo_lthash sum = {{0}};
    for (size_t k = 0; k < ids.n; k++)
      topo_lthash_add(&sum, &ids.ids[k]);
    rows[n] = (struct topo_session_set){.set = sets->sets[i].id, .count = ids.n};
    topo_lthash_digest(&sum, &rows[n].digest);
    n += topo_set_rank(&sets->sets[i].id) == TOPO_SET_EPOCH;
    oracle_ids_finish(&ids);
  }
  struct topo_id digest = oracle_page_digest(rows, n, "");
  if (topo_sets_tell(sets, &told) < 0 || !topo_id_equal(&told.epochs, &digest))
    sim_fail(h->world, "host %u: its pages are not those of the rules", h->index);
  free(rows);
}

/* ---- the projected state, in the words of oracle_dump */

static void put_hex(struct topo_buf *out, struct topo_bytes b)
{
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < b.len; i++) {
    topo_buf_put(out, &digits[b.data[i] >> 4], 1);
    topo_buf_put(out, &digits[b.data[i] & 15], 1);
  }
}

/* A word for each column: blobs and texts in hex, integers in decimal. */
static void put_columns(struct topo_buf *out, struct topo_stmt *s, const char *word, int from)
{
  topo_buf_put(out, word, strlen(word));
  for (int i = from; i < topo_column_count(s); i++) {
    char number[24];
    topo_buf_put(out, " ", 1);
    if (topo_column_is_integer(s, i)) {
      int n = snprintf(number, sizeof number, "%" PRIu64, (uint64_t)topo_column_i64(s, i));
      topo_buf_put(out, number, (size_t)n);
    } else {
      put_hex(out, topo_column_bytes(s, i));
    }
  }
  topo_buf_put_u8(out, 0);
}

static void dump_select(struct sim_host *h, struct topo_stmt *s, const char *word,
                        struct topo_buf *out)
{
  int status;
  while ((status = topo_fetch(s)) == 1)
    put_columns(out, s, word, 0);
  if (status < 0)
    sim_fail(h->world, "host %u: reading %s: %s", h->index, word, topo_status_name(status));
}

static void dump_profiles(struct sim_host *h, struct topo_stmt *s, struct topo_buf *out)
{
  const struct topo_id *workspace = &topo_node_self(h->node)->workspace;
  while (topo_fetch(s) == 1) {
    struct topo_id of = topo_column_id(s, 0);
    bool own = topo_id_equal(&of, workspace);
    put_columns(out, s, own ? "workspace" : "profile", own ? 1 : 0);
  }
}

static int by_text(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* NUL-ended lines in, sorted lines out, each once. */
static void sort_lines(struct topo_buf *lines, struct topo_buf *out)
{
  struct topo_buf starts = {0};
  for (size_t at = 0; at < lines->len; at += strlen((char *)lines->data + at) + 1) {
    char *line = (char *)lines->data + at;
    topo_buf_put(&starts, &line, sizeof(char *));
  }
  char **line = (char **)(void *)starts.data;
  size_t n = starts.len / sizeof(char *);
  if (n)
    qsort(line, n, sizeof(char *), by_text);
  for (size_t i = 0; i < n; i++) {
    if (i > 0 && strcmp(line[i], line[i - 1]) == 0)
      continue;
    topo_buf_put(out, line[i], strlen(line[i]));
    topo_buf_put(out, "\n", 1);
  }
  topo_buf_finish(&starts);
}

static void dump_tables(struct sim_host *h, struct topo_buf *out)
{
  struct topo_db *db = topo_node_db(h->node);
  struct topo_buf lines = {0};
  dump_select(h,
              topo_stmt(db, "SELECT e.id,u.id,c.hlc,c.name FROM channel c"
                            " JOIN event e ON e.no=c.no JOIN event u ON u.no=c.user"),
              "channel", &lines);
  dump_select(h,
              topo_stmt(db, "SELECT u.id,min(l.role),count(*) FROM credential l"
                            " JOIN event u ON u.no=l.user GROUP BY l.user"),
              "member", &lines);
  dump_select(h,
              topo_stmt(db, "SELECT e.id,l.device,u.id,l.role FROM credential l"
                            " JOIN event e ON e.no=l.no JOIN event u ON u.no=l.user"),
              "credential", &lines);
  dump_select(h,
              topo_stmt(db, "SELECT e.id,c.id,u.id,m.hlc,m.text FROM message m"
                            " JOIN event e ON e.no=m.no JOIN event c ON c.no=m.channel"
                            " JOIN event u ON u.no=m.user"),
              "message", &lines);
  dump_select(h,
              topo_stmt(db, "SELECT m.id,u.id,r.emoji FROM reaction r"
                            " JOIN event m ON m.no=r.message JOIN event u ON u.no=r.user"),
              "reaction", &lines);
  dump_profiles(h, topo_stmt(db, "SELECT e.id,p.name FROM profile p JOIN event e ON e.no=p.entity"),
                &lines);
  sort_lines(&lines, out);
  topo_buf_finish(&lines);
}

/* Names the first line in which the two differ. */
static void check_state(struct sim_host *h, const struct oracle_result *result)
{
  struct topo_buf mine = {0}, rules = {0};
  dump_tables(h, &mine);
  oracle_dump(result, &rules);
  topo_buf_put_u8(&mine, 0);
  topo_buf_put_u8(&rules, 0);
  topo_assert(!mine.failed && !rules.failed);
  const char *a = (char *)mine.data, *b = (char *)rules.data;
  if (strcmp(a, b) != 0) {
    size_t at = 0;
    for (size_t i = 0; a[i] && a[i] == b[i]; i++)
      if (a[i] == '\n')
        at = i + 1;
    sim_fail(h->world, "host %u shows '%.*s', the rules '%.*s'", h->index,
             (int)strcspn(a + at, "\n") > 120 ? 120 : (int)strcspn(a + at, "\n"), a + at,
             (int)strcspn(b + at, "\n") > 120 ? 120 : (int)strcspn(b + at, "\n"), b + at);
  }
  topo_buf_finish(&mine);
  topo_buf_finish(&rules);
}

void sim_check_oracle(struct sim_host *h, const struct sim_log *log)
{
  struct oracle_input in = {.workspace = topo_node_self(h->node)->workspace,
                            .events = log->events,
                            .n_events = log->n,
                            .secrets = (const uint8_t(*)[32])log->secrets,
                            .n_secrets = log->n_secrets};
  struct oracle_result *result = oracle_run(&in);
  check_verdicts(h, log, result);
  check_items(h, result);
  check_told(h, result);
  check_state(h, result);
  oracle_result_destroy(result);
}
