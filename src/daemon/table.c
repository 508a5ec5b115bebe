/* table.c - every operation in one list, and each call to where it may run. */
#include "daemon/table.h"

#include "api/operations.gen.h"
#include "base/status.h"

#include <stdatomic.h>
#include <stdlib.h>

enum { CALLS = 256 /* of the daemon itself, at a time */ };

struct topo_table {
  struct topo_daemon *daemon;
  atomic_size_t calls;
  const struct topo_op *ops[];
};

struct daemon_job {
  struct topo_job job; /* first */
  struct topo_table *table;
  struct topo_op_call *call;
};

static size_t count(const struct topo_op *const *ops)
{
  size_t n = 0;
  while (ops[n])
    n++;
  return n;
}

struct topo_table *topo_table_create(struct topo_daemon *daemon)
{
  const struct topo_op *const *const parts[] = {topo_registry_operations, topo_space_operations};
  enum { PARTS = sizeof parts / sizeof *parts };
  size_t n = 0;
  for (size_t i = 0; i < PARTS; i++)
    n += count(parts[i]);
  struct topo_table *table = calloc(1, sizeof *table + (n + 1) * sizeof table->ops[0]);
  if (!table)
    return NULL;
  table->daemon = daemon;
  n = 0;
  for (size_t i = 0; i < PARTS; i++)
    for (size_t k = 0; parts[i][k]; k++)
      table->ops[n++] = parts[i][k];
  return table;
}

void topo_table_destroy(struct topo_table *table)
{
  free(table);
}

const struct topo_op *const *topo_table_ops(const struct topo_table *table)
{
  return table->ops;
}

static void run_job(struct topo_job *job)
{
  struct daemon_job *j = (struct daemon_job *)(void *)job;
  struct topo_table *table = j->table;
  struct topo_op_call *call = j->call;
  struct topo_daemon *daemon = table->daemon;
  struct topo_daemon_call at = {.daemon = daemon};
  free(j);
  int status = call->op->run(call, &at);
  if (at.passed_on) {
    atomic_fetch_sub(&table->calls, 1);
    return;
  }
  if (status == 0)
    status = topo_json_status(&call->out);
  atomic_fetch_sub(&table->calls, 1);
  if (status == 0 && at.await)
    topo_space_await(at.await, call, at.wait_ms);
  else
    topo_op_done(call, status);
  if (status == 0 && at.stop)
    daemon->stop(daemon);
}

/* Making a space writes to the disk, so operations of the daemon run as jobs of the pool and do not
 * block the gateway's thread. */
static void start_on_daemon(struct topo_table *table, struct topo_op_call *call)
{
  struct daemon_job *job = NULL;
  bool room = atomic_fetch_add(&table->calls, 1) < CALLS;
  if (room)
    job = calloc(1, sizeof *job);
  if (!job) {
    atomic_fetch_sub(&table->calls, 1);
    topo_op_done(call, room ? TOPO_ENOMEM : topo_op_fail(call, TOPO_EAGAIN, "the daemon is busy"));
    return;
  }
  *job = (struct daemon_job){.job.run = run_job, .table = table, .call = call};
  topo_pool_submit(table->daemon->pool, &job->job);
}

static void start(void *ctx, struct topo_op_call *call)
{
  struct topo_table *table = ctx;
  if (call->op->where == TOPO_OP_REGISTRY) {
    start_on_daemon(table, call);
    return;
  }
  const struct topo_registry_entry *entry =
      topo_registry_find(table->daemon->registry, &topo_op_get(call, "space")->id);
  if (!entry)
    topo_op_done(call, topo_op_fail(call, TOPO_ENOTFOUND, "this daemon has no such space"));
  else if (!entry->space)
    topo_op_done(call, topo_op_fail(call, entry->status, "the space cannot be opened: %s",
                                    topo_status_text(entry->status)));
  else
    topo_space_call(entry->space, call);
}

struct topo_op_runner topo_table_runner(struct topo_table *table)
{
  return (struct topo_op_runner){start, table};
}
