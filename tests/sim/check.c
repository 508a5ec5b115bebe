/* check.c - what must hold: after each step, and in the end between all hosts. */
#include "sim/sim.h"

#include "base/assert.h"
#include "base/status.h"
#include "events/types.h"
#include "node/parts.h"

#include <stdlib.h>
#include <string.h>

static bool failed(struct sim_host *h, int status, const char *what)
{
  if (status < 0)
    sim_fail(h->world, "host %u: %s: %s", h->index, what, topo_status_name(status));
  return status < 0;
}

/* ---- while it runs */

void sim_check_running(struct sim_host *h)
{
  struct sim_world *w = h->world;
  if (!topo_node_dag(h->node)) {
    if (!h->sick)
      sim_fail(w, "host %u cannot read its space from a good disk", h->index);
    return;
  }
  if (w->profile.conns_max && h->node->conns.n > w->profile.conns_max)
    sim_fail(w, "host %u has %zu connections", h->index, h->node->conns.n);
  uint64_t rejected = h->rejected + topo_node_status(h->node).rejected;
  if (rejected)
    sim_fail(w, "host %u rejects an event of an honest host: %s", h->index,
             topo_status_name(h->node->outcome.last_rejection));
  for (size_t i = 0; i < h->node->conns.n; i++) {
    const struct topo_node_conn *conn = h->node->conns.conns[i];
    if (conn->state == TOPO_NODE_CONN_UP && !conn->outgoing && conn->role == TOPO_SESSION_MEMBER &&
        !sim_host_trusts(h, &conn->peer))
      sim_fail(w, "host %u talks to a key that it does not trust", h->index);
  }
}

bool sim_quiet(struct sim_world *w)
{
  if (sim_world_busy(w))
    return false;
  for (unsigned i = 0; i < w->n_hosts; i++) {
    struct topo_node_status st = topo_node_status(w->hosts[i].node);
    if (!st.member || !st.synced || st.waiting_for_key || w->hosts[i].node->joiner.profile_due)
      return false;
  }
  return true;
}

/* ---- the log */

void sim_log_read(struct sim_host *h, struct sim_log *log)
{
  struct topo_db *db = topo_node_db(h->node);
  struct topo_buf lengths = {0}, ids = {0}, states = {0}, secrets = {0};
  struct topo_stmt *s =
      topo_stmt(db, "SELECT b.bytes,e.id,e.state FROM body b JOIN event e ON e.no=b.no"
                    " WHERE e.state>0 ORDER BY e.id");
  int status;
  *log = (struct sim_log){.n = 0};
  while ((status = topo_fetch(s)) == 1) {
    struct topo_bytes raw = topo_column_bytes(s, 0);
    struct topo_id id = topo_column_id(s, 1);
    topo_buf_put(&log->bytes, raw.data, raw.len);
    topo_buf_put(&lengths, &raw.len, sizeof raw.len);
    topo_buf_put_id(&ids, &id);
    topo_buf_put_u8(&states, (uint8_t)topo_column_i64(s, 2));
    log->n++;
  }
  failed(h, status, "reading the log");
  s = topo_stmt(db, "SELECT secret FROM local_epoch");
  while ((status = topo_fetch(s)) == 1)
    topo_buf_put(&secrets, topo_column_bytes(s, 0).data, 32);
  failed(h, status, "reading the secrets");
  log->events = calloc(log->n + 1, sizeof *log->events);
  topo_assert(log->events && !log->bytes.failed && !ids.failed && !states.failed);
  size_t at = 0, len;
  for (size_t i = 0; i < log->n; i++, at += len) {
    memcpy(&len, lengths.data + i * sizeof len, sizeof len);
    log->events[i] = (struct topo_bytes){log->bytes.data + at, len};
  }
  log->ids = (struct topo_id *)(void *)ids.data;
  log->states = states.data;
  log->secrets = (uint8_t(*)[32])secrets.data;
  log->n_secrets = secrets.len / 32;
  topo_buf_finish(&lengths);
}

void sim_log_finish(struct sim_log *log)
{
  topo_buf_finish(&log->bytes);
  free(log->events);
  free(log->ids);
  free(log->states);
  free(log->secrets);
}

/* ---- chains */

struct place {
  uint8_t chain[48]; /* control: the signer; content: epoch and tag */
  uint32_t seq;
  struct topo_id id;
};

static int by_place(const void *pa, const void *pb)
{
  const struct place *a = pa, *b = pb;
  int order = memcmp(a->chain, b->chain, sizeof a->chain);
  if (order == 0 && a->seq != b->seq)
    order = a->seq < b->seq ? -1 : 1;
  return order ? order : topo_id_compare(&a->id, &b->id);
}

static void add_places(struct topo_buf *places, struct sim_host *h, const struct sim_log *log)
{
  struct topo_context context = *topo_dag_context(topo_node_dag(h->node));
  for (size_t i = 0; i < log->n; i++) {
    struct topo_envelope e;
    struct place p = {.seq = 0};
    if (failed(h, topo_envelope_decode(&e, &context, log->events[i]), "decoding its own log"))
      return;
    if (!topo_id_equal(&e.id, &log->ids[i]))
      sim_fail(h->world, "host %u has an event under a wrong id", h->index);
    if (e.kind == TOPO_CONTROL) {
      memcpy(p.chain, e.signer.bytes, 32);
    } else {
      memcpy(p.chain, e.epoch.bytes, 32);
      memcpy(p.chain + 32, e.tag, sizeof e.tag);
    }
    p.seq = e.seq;
    p.id = e.id;
    topo_assert(topo_buf_put(places, &p, sizeof p) == 0);
  }
}

/* No device has two events at one place of a chain. */
static void check_chains(struct sim_world *w, const struct sim_log *logs)
{
  struct topo_buf places = {0};
  for (unsigned i = 0; i < w->n_hosts; i++)
    add_places(&places, &w->hosts[i], &logs[i]);
  struct place *p = (struct place *)(void *)places.data;
  size_t n = places.len / sizeof *p;
  if (n)
    qsort(p, n, sizeof *p, by_place);
  for (size_t i = 1; i < n; i++)
    if (memcmp(p[i].chain, p[i - 1].chain, sizeof p->chain) == 0 && p[i].seq == p[i - 1].seq &&
        !topo_id_equal(&p[i].id, &p[i - 1].id))
      sim_fail(w, "a chain is forked at place %u: %02x%02x and %02x%02x", p[i].seq,
               p[i - 1].id.bytes[0], p[i - 1].id.bytes[1], p[i].id.bytes[0], p[i].id.bytes[1]);
  topo_buf_finish(&places);
}

/* ---- acknowledgements */

static void check_acks(struct sim_world *w)
{
  static const char *const names[] = {"message", "reaction", "channel", "invite"};
  const struct sim_ack *acks = (const struct sim_ack *)(const void *)w->acks.data;
  for (size_t i = 0; i < w->acks.len / sizeof *acks; i++)
    for (unsigned h = 0; h < w->n_hosts; h++) {
      struct topo_row row = {.state = TOPO_STATE_NAMED};
      struct topo_log *log = topo_dag_log(topo_node_dag(w->hosts[h].node));
      if (topo_log_find(log, &acks[i].id, &row) < 0 || row.state != TOPO_STATE_ACCEPTED)
        sim_fail(w, "host %u acknowledged a %s, %02x%02x…, that is in state %d on host %u",
                 acks[i].host, names[acks[i].what], acks[i].id.bytes[0], acks[i].id.bytes[1],
                 row.state, h);
    }
}

/* ---- sets */

static const struct topo_node_set *set_of(const struct topo_node *node, const struct topo_id *id)
{
  for (size_t i = 0; i < node->sets.n; i++)
    if (topo_id_equal(&node->sets.sets[i].id, id))
      return &node->sets.sets[i];
  return NULL;
}

struct counted {
  struct sim_host *host;
  uint64_t items;
};

static bool is_in(const struct topo_itemset *set, const struct topo_item *item)
{
  uint64_t size = 0, at = 0;
  struct topo_item there;
  return topo_itemset_size(set, &size) == 0 &&
         topo_itemset_lower_bound(set, 0, size, item, &at) == 0 && at < size &&
         topo_itemset_read(set, at, &there, 1) == 0 && topo_item_compare(&there, item) == 0;
}

static void find_item(void *ctx, const struct topo_id *set, uint64_t hlc, const struct topo_id *id)
{
  struct counted *c = ctx;
  struct topo_item item = {UINT64_MAX - 1 - hlc, *id};
  const struct topo_node_set *s = set_of(c->host->node, set);
  if (!s || !is_in(&s->view, &item))
    sim_fail(c->host->world, "host %u: an item on disk is not in its set", c->host->index);
  c->items++;
}

static void no_want(void *ctx, const struct topo_id *id)
{
  (void)ctx, (void)id;
}
static void no_rejected(void *ctx, const struct topo_id *id, int status)
{
  (void)ctx, (void)id, (void)status;
}

/* The sets in memory are those of the disk, and those of the first host. */
static void check_sets(struct sim_host *h)
{
  struct counted c = {h, 0};
  struct topo_sink sink = {find_item, no_want, no_rejected, &c};
  failed(h, topo_dag_items(topo_node_dag(h->node), &sink), "listing its items");
  uint64_t total = 0;
  for (size_t i = 0; i < h->node->sets.n; i++) {
    struct topo_node_set *mine = &h->node->sets.sets[i];
    const struct topo_node_set *other = set_of(h->world->hosts[0].node, &mine->id);
    struct topo_id a, b = topo_id_zero;
    uint64_t size = 0;
    topo_itemset_size(&mine->view, &size);
    topo_lthash_digest(&mine->hash, &a);
    if (other)
      topo_lthash_digest(&other->hash, &b);
    if (size != mine->count || !topo_id_equal(&a, &b))
      sim_fail(h->world, "host %u: a set differs from that of host 0", h->index);
    total += mine->records ? 0 : size;
  }
  if (total != c.items || h->node->sets.n != h->world->hosts[0].node->sets.n)
    sim_fail(h->world, "host %u: %llu items in memory, %llu on disk", h->index,
             (unsigned long long)total, (unsigned long long)c.items);
}

/* Everybody knows of every host's device where it is, and that by the same record (docs/protocol.md
 * §2.5): the newest, which is the one that the device itself has. */
static void check_records(struct sim_host *h)
{
  struct sim_world *w = h->world;
  for (unsigned i = 0; i < w->n_hosts; i++) {
    struct topo_record mine, theirs;
    struct topo_address address = sim_host_address(i);
    const struct topo_records *own = &w->hosts[i].node->records;
    int status = topo_records_get(&h->node->records, &w->hosts[i].device, &mine);
    if (failed(h, status, "finding a record") ||
        failed(h, topo_records_get(own, &w->hosts[i].device, &theirs), "finding the host's own"))
      return;
    if (mine.n_addresses != 1 || !topo_address_equal(&mine.addresses[0], &address) ||
        memcmp(&mine, &theirs, sizeof mine) != 0)
      sim_fail(w, "host %u has a record of host %u that is not the newest", h->index, i);
  }
  if (h->node->records.ids.count != w->n_hosts)
    sim_fail(w, "host %u keeps %u records", h->index, (unsigned)h->node->records.ids.count);
}

static void check_fingerprints(struct sim_world *w)
{
  struct topo_id first, other;
  for (unsigned i = 0; i < w->n_hosts; i++) {
    struct sim_host *h = &w->hosts[i];
    int status = topo_dag_fingerprint(topo_node_db(h->node), topo_types, i ? &other : &first);
    if (failed(h, status, "its fingerprint"))
      return;
    if (i == 0)
      sim_trace(w, &first, sizeof first);
    else if (!topo_id_equal(&first, &other))
      sim_fail(w, "hosts 0 and %u have different fingerprints", i);
  }
}

/* A dial that nobody waits for any more would take a place for ever. */
static void check_dials(struct sim_host *h)
{
  size_t n = 0;
  for (size_t i = 0; i < h->node->peers.n; i++)
    n += h->node->peers.peers[i].dials;
  if (n != h->node->peers.dialling)
    sim_fail(h->world, "host %u counts %zu dials and has %zu", h->index, h->node->peers.dialling,
             n);
}

static void check_held(struct sim_host *h)
{
  struct topo_node_status st = topo_node_status(h->node);
  if (st.held || st.wanted)
    sim_fail(h->world, "host %u still holds %llu events and wants %llu", h->index,
             (unsigned long long)st.held, (unsigned long long)st.wanted);
}

void sim_check(struct sim_world *w)
{
  struct sim_log logs[SIM_NODES];
  for (unsigned i = 0; i < w->n_hosts; i++)
    sim_log_read(&w->hosts[i], &logs[i]);
  check_chains(w, logs);
  check_acks(w);
  check_fingerprints(w);
  for (unsigned i = 0; i < w->n_hosts; i++) {
    check_held(&w->hosts[i]);
    check_dials(&w->hosts[i]);
    check_sets(&w->hosts[i]);
    check_records(&w->hosts[i]);
  }
  /* Equal fingerprints make one host stand for all; which one, the seed says. Rows of the log that
   * no projection shows are compared with the rules on every host. */
  unsigned one = (unsigned)sim_rng_below(&w->rng, w->n_hosts);
  bool more = w->verbose || !w->failure[0]; /* whoever looks closely wants to know who is wrong */
  for (unsigned i = 0; i < w->n_hosts && more; i++)
    if (i == one || w->n_hosts <= 3 || w->verbose)
      sim_check_oracle(&w->hosts[i], &logs[i]);
  if (more)
    sim_check_rebuild(&w->hosts[one], &logs[one]);
  for (unsigned i = 0; i < w->n_hosts; i++)
    sim_log_finish(&logs[i]);
}
