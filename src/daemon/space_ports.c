/* space_ports.c - the ports of a space's node: checks go to the pool, dials and trust to the
 * network, notes to the journal. */
#include "daemon/space_impl.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdlib.h>

static void run_check(struct topo_job *job)
{
  struct topo_space_check *check = (struct topo_space_check *)(void *)job;
  topo_batch_check(check->work->batch);
  int status = topo_mailbox_put(&check->space->inbox, &check->task.mail);
  topo_assert(status == 0); /* the inbox is open while work is in flight */
}

static void port_check(void *ctx, struct topo_work *work)
{
  struct topo_space *space = ctx;
  struct topo_space_check *check = space->checks;
  while (check < space->checks + TOPO_SPACE_JOBS && check->work)
    check++;
  topo_assert(check < space->checks + TOPO_SPACE_JOBS);
  check->work = work;
  topo_pool_submit(space->env->pool, &check->job);
}

struct trust {
  struct topo_buf keys;
};

static void add_key(void *arg, const struct topo_id *key, bool is_invite)
{
  struct trust *trust = arg;
  (void)is_invite;
  topo_buf_put_id(&trust->keys, key);
}

static int compare_ids(const void *a, const void *b)
{
  return topo_id_compare(a, b);
}

static void port_trust(void *ctx)
{
  struct topo_space *space = ctx;
  struct trust trust = {{0}};
  topo_node_trust(space->node, add_key, &trust);
  /* One that joins knows nobody yet; the inviter, whom the invite link named, must not be cut. */
  if (!topo_node_status(space->node).member && !topo_id_is_zero(&space->dialled))
    add_key(&trust, &space->dialled, false);
  if (trust.keys.failed) { /* rather nobody than a device that was removed */
    topo_buf_finish(&trust.keys);
    topo_journal_write(space->env->journal, TOPO_JOURNAL_ERROR,
                       "no memory for the list of members: nobody may connect");
  }
  size_t n = trust.keys.len / sizeof(struct topo_id);
  if (n)
    qsort(trust.keys.data, n, sizeof(struct topo_id), compare_ids);
  topo_endpoint_trust(space->endpoint, (struct topo_id *)(void *)trust.keys.data, n);
}

static void port_dial(void *ctx, const struct topo_dial *dial)
{
  struct topo_space *space = ctx;
  if (!topo_id_equal(&space->dialled, &dial->pin)) {
    space->dialled = dial->pin;
    if (!topo_node_status(space->node).member)
      port_trust(space);
  }
  if (topo_endpoint_dial(space->endpoint, dial) < 0)
    topo_journal_write(space->env->journal, TOPO_JOURNAL_ERROR, "no memory for a connection");
}

static void port_note(void *ctx, int status, const char *text)
{
  struct topo_space *space = ctx;
  topo_journal_write(space->env->journal, status < 0 ? TOPO_JOURNAL_WARNING : TOPO_JOURNAL_INFO,
                     "%02x%02x%02x%02x: %s%s%s%s", space->item.space.bytes[0],
                     space->item.space.bytes[1], space->item.space.bytes[2],
                     space->item.space.bytes[3], text, status < 0 ? " (" : "",
                     status < 0 ? topo_status_name(status) : "", status < 0 ? ")" : "");
}

void topo_space_ports_init(struct topo_space *space)
{
  space->ports = (struct topo_node_ports){port_check, port_dial, port_trust, port_note, space};
  for (unsigned i = 0; i < TOPO_SPACE_JOBS; i++) {
    space->checks[i].job.run = run_check;
    space->checks[i].task.kind = TOPO_TASK_CHECKED;
    space->checks[i].space = space;
  }
}
