/* batches.c - events on their way in; see batches.h. */
#include "node/batches.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

/* A stretch of a batch that came by one connection. */
struct segment {
  uint64_t conn;
  enum topo_session_stream stream;
  size_t bytes;
  size_t first, n; /* events of the batch */
};

void topo_batches_init(struct topo_batches *batches, struct topo_outcome *outcome,
                       struct topo_conns *conns, struct topo_records *records)
{
  topo_assert(outcome->transaction->env == conns->env);
  *batches = (struct topo_batches){.env = conns->env,
                                   .transaction = outcome->transaction,
                                   .outcome = outcome,
                                   .conns = conns,
                                   .records = records};
  topo_idset_init(&batches->live, TOPO_BATCHES_LIVE_MAX);
}

static void free_work(struct topo_node_work *work)
{
  topo_batch_destroy(work->work.batch);
  topo_buf_finish(&work->segments);
  free(work);
}

void topo_batches_finish(struct topo_batches *batches)
{
  topo_assert(batches->in_flight == 0); /* a worker would come back to what is gone */
  while (batches->first) {
    struct topo_node_work *work = batches->first;
    batches->first = work->next;
    free_work(work);
  }
  batches->last = NULL;
  topo_idset_finish(&batches->live);
}

bool topo_batches_idle(const struct topo_batches *batches)
{
  topo_assert((batches->first == NULL) == (batches->last == NULL));
  return batches->in_flight == 0 && !batches->first;
}

/* Begins a batch behind those that wait. */
static int begin_batch(struct topo_batches *batches)
{
  struct topo_dag *dag = batches->env->dag;
  struct topo_node_work *work = calloc(1, sizeof *work);
  if (!work)
    return TOPO_ENOMEM;
  work->work.batch = topo_batch_create(topo_dag_context(dag), topo_dag_keyring(dag));
  if (!work->work.batch) {
    free(work);
    return TOPO_ENOMEM;
  }
  if (batches->last)
    batches->last->next = work;
  else
    batches->first = work;
  batches->last = work;
  return 0;
}

static int add_segment(struct topo_node_work *work, uint64_t conn, enum topo_session_stream stream,
                       struct topo_bytes events)
{
  struct topo_batch *batch = work->work.batch;
  struct segment segment = {conn, stream, events.len, batch->n, 0};
  topo_assert(work->next == NULL); /* what is full stays as it is */
  int status = topo_batch_add(batch, events.data, events.len);
  if (status < 0)
    return status;
  topo_assert(batch->n <= TOPO_BATCH_EVENTS_MAX && batch->raw.len <= TOPO_BATCH_BYTES_MAX);
  segment.n = batch->n - segment.first;
  return topo_buf_put(&work->segments, &segment, sizeof segment);
}

static int gather(struct topo_batches *batches, uint64_t conn, enum topo_session_stream stream,
                  const uint8_t *data, size_t len)
{
  while (len > 0) {
    size_t fits = batches->last ? topo_batch_fits(batches->last->work.batch, data, len) : 0;
    int status = 0;
    if (fits == 0) {
      status = begin_batch(batches);
      if (status == 0)
        fits = topo_batch_fits(batches->last->work.batch, data, len);
      if (status == 0 && fits == 0) /* one event fits into an empty batch, if it is one */
        status = TOPO_EMALFORMED;
    }
    if (status == 0)
      status = add_segment(batches->last, conn, stream, (struct topo_bytes){data, fits});
    if (status < 0)
      return status;
    topo_assert(fits <= len);
    data += fits;
    len -= fits;
  }
  return 0;
}

/* Is the live event a copy of one that is here, or on its way? It is on its way from now on. */
static bool is_copy(struct topo_batches *batches, struct topo_bytes raw, struct topo_id *id)
{
  struct topo_envelope e;
  if (topo_envelope_decode(&e, topo_dag_context(batches->env->dag), raw) < 0)
    return false;
  *id = e.id;
  if (topo_dag_has(batches->env->dag, id) || topo_records_has(batches->records, id))
    return true;
  /* What does not fit in is checked as often as it comes. */
  return topo_idset_add(&batches->live, id) == TOPO_EEXISTS;
}

/* The live events that are no copies, in runs; the peer is told that the others are done with. */
static int gather_live(struct topo_batches *batches, const struct topo_node_conn *conn,
                       const uint8_t *data, size_t len)
{
  size_t begin = 0, passed = 0;
  int status = 0;
  struct topo_reader r = topo_reader_init(data, len);
  while (topo_reader_left(&r) && status == 0) {
    size_t at = len - topo_reader_left(&r);
    struct topo_bytes raw = topo_read_bytes(&r, topo_read_u32(&r));
    struct topo_id id;
    if (r.failed)
      return TOPO_EMALFORMED;
    if (!is_copy(batches, raw, &id))
      continue;
    status = gather(batches, conn->number, TOPO_STREAM_LIVE, data + begin, at - begin);
    topo_session_got(conn->session, &id);
    begin = len - topo_reader_left(&r);
    passed += begin - at;
  }
  if (status == 0)
    status = gather(batches, conn->number, TOPO_STREAM_LIVE, data + begin, len - begin);
  if (status < 0)
    topo_idset_finish(&batches->live); /* some of them are not on their way */
  if (passed > 0)
    topo_session_applied(conn->session, TOPO_STREAM_LIVE, passed);
  return status;
}

int topo_batches_gather(struct topo_batches *batches, uint64_t number,
                        enum topo_session_stream stream, const uint8_t *data, size_t len)
{
  const struct topo_node_conn *conn = topo_conns_find(batches->conns, number);
  topo_assert(conn);
  return stream == TOPO_STREAM_LIVE ? gather_live(batches, conn, data, len)
                                    : gather(batches, number, stream, data, len);
}

void topo_batches_submit(struct topo_batches *batches)
{
  topo_assert(batches->in_flight <= TOPO_BATCHES_IN_FLIGHT_MAX);
  while (batches->first && batches->in_flight < TOPO_BATCHES_IN_FLIGHT_MAX) {
    struct topo_node_work *work = batches->first;
    batches->first = work->next;
    work->next = NULL;
    if (!batches->first)
      batches->last = NULL;
    batches->in_flight++;
    batches->env->ports->check(batches->env->ports->ctx, &work->work);
  }
}

static size_t segment_count(const struct topo_node_work *work)
{
  topo_assert(work->segments.len % sizeof(struct segment) == 0);
  return work->segments.len / sizeof(struct segment);
}

static struct segment segment_at(const struct topo_node_work *work, size_t i)
{
  struct segment segment;
  topo_assert(i < segment_count(work));
  memcpy(&segment, work->segments.data + i * sizeof segment, sizeof segment);
  topo_assert(segment.first + segment.n <= work->work.batch->n);
  return segment;
}

/* The peers are told that their bytes are done with, whatever became of them. */
static void release_segments(struct topo_batches *batches, const struct topo_node_work *work)
{
  const struct topo_batch *batch = work->work.batch;
  for (size_t at = 0; at < segment_count(work); at++) {
    struct segment segment = segment_at(work, at);
    struct topo_node_conn *conn = topo_conns_find(batches->conns, segment.conn);
    if (!conn)
      continue;
    for (size_t i = segment.first; batch->events && i < segment.first + segment.n; i++)
      if (batch->events[i].envelope.hlc) /* decoded: it has an id */
        topo_session_got(conn->session, &batch->events[i].envelope.id);
    topo_session_applied(conn->session, segment.stream, segment.bytes);
  }
}

static void want_from(struct topo_batches *batches, const struct topo_node_conn *conn)
{
  const struct topo_buf *wants = &batches->outcome->wants;
  topo_assert(wants->len % sizeof(struct topo_id) == 0);
  for (size_t i = 0; i < wants->len; i += sizeof(struct topo_id)) {
    struct topo_id id;
    memcpy(id.bytes, wants->data + i, sizeof id.bytes);
    if (!topo_dag_has(batches->env->dag, &id))
      topo_session_want(conn->session, &id);
  }
}

/* Ids that are missing are asked of those who sent what refers to them (docs/protocol.md §6.4). */
static void want_missing(struct topo_batches *batches, const struct topo_node_work *work)
{
  uint64_t asked = 0;
  for (size_t at = 0; at < segment_count(work); at++) {
    struct segment segment = segment_at(work, at);
    const struct topo_node_conn *conn = topo_conns_find(batches->conns, segment.conn);
    if (!conn || conn->number == asked || conn->role != TOPO_SESSION_MEMBER)
      continue;
    asked = conn->number;
    want_from(batches, conn);
  }
  topo_buf_clear(&batches->outcome->wants);
}

/* A record whose device is not known yet was dropped: it is asked for again, by a new round. */
static void resync(struct topo_batches *batches, const struct topo_node_work *work)
{
  for (size_t at = 0; at < segment_count(work); at++) {
    struct segment segment = segment_at(work, at);
    const struct topo_node_conn *conn = topo_conns_find(batches->conns, segment.conn);
    if (conn && conn->role == TOPO_SESSION_MEMBER)
      topo_session_resync(conn->session, batches->env->now.mono_ms);
  }
}

static int add_origins(struct topo_batches *batches, const struct topo_node_work *work)
{
  for (size_t at = 0; at < segment_count(work); at++) {
    struct segment segment = segment_at(work, at);
    for (size_t i = segment.first; i < segment.first + segment.n; i++) {
      const struct topo_id *id = &work->work.batch->events[i].envelope.id;
      int status = topo_outcome_add_origin(batches->outcome, id, segment.conn);
      if (status < 0)
        return status;
    }
  }
  topo_outcome_sort_origins(batches->outcome);
  return 0;
}

static int apply(struct topo_batches *batches, const struct topo_node_work *work)
{
  struct topo_env *env = batches->env;
  int status = work->work.batch->status;
  if (status == 0)
    status = add_origins(batches, work);
  if (status == 0)
    status = topo_dag_apply(env->dag, work->work.batch, env->now.wall_ms,
                            topo_outcome_sink(batches->outcome));
  if (status == 0)
    status =
        topo_records_take(batches->records, work->work.batch, topo_outcome_sink(batches->outcome));
  topo_outcome_clear_origins(batches->outcome);
  return topo_transaction_fail(batches->transaction, status);
}

/* None of them is on its way any more, whatever became of it. */
static void forget_live(struct topo_batches *batches, const struct topo_batch *batch)
{
  if (!batch->events)
    topo_idset_finish(&batches->live); /* nobody knows which these were */
  for (size_t i = 0; batch->events && i < batch->n; i++)
    topo_idset_remove(&batches->live, &batch->events[i].envelope.id);
}

void topo_batches_checked(struct topo_batches *batches, struct topo_work *w)
{
  struct topo_node_work *work = (struct topo_node_work *)w;
  topo_assert(batches->in_flight > 0);
  topo_assert(work->next == NULL);
  batches->in_flight--;
  forget_live(batches, work->work.batch);
  if (batches->env->dag && topo_transaction_write(batches->transaction, false) == 0)
    apply(batches, work);
  if (batches->transaction->state == TOPO_TRANSACTION_OPEN) {
    want_missing(batches, work);
    release_segments(batches, work);
    if (topo_records_missed(batches->records))
      resync(batches, work);
  }
  free_work(work);
}
