/* space.c - a node and its inbox: the life of a space, its turns and its calls. */
#include "daemon/space_impl.h"

#include "base/assert.h"
#include "base/status.h"
#include "daemon/broker.h"
#include "daemon/readers.h"
#include "events/profile/profile_read.h"
#include "node/invite.h"
#include "port/close.h"
#include "sys/clock.h"
#include "sys/mutex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATES_MS = 200 /* between two looks at what subscribers see of sync */ };

static struct topo_now now(void)
{
  return (struct topo_now){.mono_ms = topo_clock_monotonic_ns() / 1000000,
                           .wall_ms = (uint64_t)topo_clock_wall_ms()};
}

/* ---- one turn -------------------------------------------------------------------------------- */

static struct topo_input *add_input(struct topo_space_turn *b, enum topo_input_kind kind,
                                    uint64_t number)
{
  struct topo_input *in = &b->inputs[b->n++];
  *in = (struct topo_input){.kind = kind, .number = number};
  return in;
}

static void open_duplex(struct topo_space_turn *b, struct topo_space_taken *taken)
{
  taken->duplex = topo_duplex_take_news(taken->task, &taken->news);
  const struct topo_duplex_options *o = topo_duplex_options(taken->duplex);
  if (taken->news.up) {
    struct topo_input *in = add_input(b, TOPO_IN_CONN_UP, o->number);
    in->up.conn = topo_duplex_conn(taken->duplex);
    in->up.peer = o->peer;
    in->up.address = o->address;
    in->up.outgoing = o->outgoing;
    in->up.dial = o->dial;
  }
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    if (taken->news.received[i].len) {
      struct topo_input *in = add_input(b, TOPO_IN_CONN_DATA, o->number);
      in->data.stream = i;
      in->data.data = taken->news.received[i].data;
      in->data.len = taken->news.received[i].len;
    }
  if (taken->news.writable)
    add_input(b, TOPO_IN_CONN_WRITABLE, o->number);
  if (taken->news.down)
    add_input(b, TOPO_IN_CONN_DOWN, o->number)->status = taken->news.status;
}

static struct topo_space_check *check_of(struct topo_task *task)
{
  return (struct topo_space_check *)(void *)((char *)task -
                                             offsetof(struct topo_space_check, task));
}

static void open_wait(struct topo_space *space, struct topo_space_task *wait)
{
  wait->next = space->waiting;
  space->waiting = wait;
}

static void open_addresses(struct topo_space *space)
{
  struct topo_space_turn *b = &space->turn;
  pthread_mutex_lock(&space->mutex);
  struct topo_input *in = add_input(b, TOPO_IN_ADDRESSES, 0);
  memcpy(b->addresses, space->addresses, sizeof b->addresses);
  in->addresses.list = b->addresses;
  in->addresses.n = space->n_addresses;
  space->addresses_posted = false;
  pthread_mutex_unlock(&space->mutex);
}

static void open_task(struct topo_space *space, struct topo_space_taken *taken)
{
  struct topo_space_turn *b = &space->turn;
  struct topo_task *task = taken->task;
  switch (task->kind) {
  case TOPO_TASK_DUPLEX: open_duplex(b, taken); break;
  case TOPO_TASK_CHECKED:
    add_input(b, TOPO_IN_CHECKED, 0)->work = check_of(task)->work;
    check_of(task)->work = NULL;
    break;
  case TOPO_TASK_DIAL: {
    const struct topo_dial_task *dial = (struct topo_dial_task *)(void *)task;
    add_input(b, TOPO_IN_DIAL_FAILED, dial->dial.number)->status = dial->status;
    break;
  }
  case TOPO_TASK_ADDRESSES: open_addresses(space); break;
  case TOPO_TASK_BEACON: {
    const struct topo_beacon_task *heard = (struct topo_beacon_task *)(void *)task;
    struct topo_input *in = add_input(b, TOPO_IN_BEACON, 0);
    in->beacon.beacon = heard->beacon;
    in->beacon.address = heard->address;
    break;
  }
  case TOPO_TASK_CALL:
    atomic_fetch_sub(&space->calls, 1);
    add_input(b, TOPO_IN_CALL, 0)->call = ((struct topo_space_task *)(void *)task)->call;
    break;
  case TOPO_TASK_WAIT: open_wait(space, (struct topo_space_task *)(void *)task); break;
  case TOPO_TASK_RENEW:
    add_input(b, TOPO_IN_INVITE, 0)->renewal = &((struct topo_space_task *)(void *)task)->renewal;
    break;
  default: topo_assert(false);
  }
}

/* Takes tasks and makes inputs of them; false when the inbox is empty now. */
static bool collect(struct topo_space *space)
{
  struct topo_space_turn *b = &space->turn;
  b->n = b->n_tasks = 0;
  while (b->n_tasks < TOPO_SPACE_TASKS_MAX) {
    struct topo_mail *mail = topo_mailbox_take(&space->inbox);
    if (!mail)
      return false;
    struct topo_space_taken *taken = &b->tasks[b->n_tasks++];
    *taken = (struct topo_space_taken){.task = topo_task_of(mail)};
    open_task(space, taken);
  }
  return true;
}

static void free_task(struct topo_space_task *task)
{
  if (task->invite_link)
    topo_wipe(task->invite_link, sizeof *task->invite_link);
  free(task->invite_link);
  free(task);
}

/* The node has taken the invite link, or has not. */
static void end_renewal(struct topo_space *space, struct topo_space_task *task)
{
  int status = task->renewal.status;
  if (status == 0) {
    open_wait(space, task);
    return;
  }
  topo_op_done(task->call, topo_op_fail(task->call, status, "the invite link was not taken: %s",
                                        topo_status_text(status)));
  free_task(task);
}

/* The step is over: nothing borrows from the tasks any more. */
static void discard(struct topo_space *space, struct topo_space_taken *taken)
{
  switch (taken->task->kind) {
  case TOPO_TASK_DUPLEX:
    for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
      topo_buf_finish(&taken->news.received[i]);
    if (taken->news.down)
      topo_duplex_forget(taken->duplex);
    topo_duplex_unref(taken->duplex);
    break;
  case TOPO_TASK_DIAL: topo_dial_task_free((struct topo_dial_task *)(void *)taken->task); break;
  case TOPO_TASK_BEACON:
    topo_beacon_task_free((struct topo_beacon_task *)(void *)taken->task);
    break;
  case TOPO_TASK_CALL: free(taken->task); break;
  case TOPO_TASK_RENEW: end_renewal(space, (struct topo_space_task *)(void *)taken->task); break;
  default: break; /* a check's and the addresses' are part of the space, a wait's is kept */
  }
}

static void look(struct topo_space *space)
{
  struct topo_node_status st = topo_node_status(space->node);
  struct topo_dag *dag = topo_node_dag(space->node);
  struct topo_view view = topo_space_file_view(&space->file, topo_node_db(space->node));
  char name[TOPO_SPACE_NAME] = "", user_name[TOPO_SPACE_NAME] = "";
  uint64_t changes = dag ? topo_dag_changes(dag) : space->seen_changes;
  bool news = changes != space->seen_changes &&
              topo_profile_names(&view, name, user_name, sizeof name) == 0;
  pthread_mutex_lock(&space->mutex);
  space->item.connected = st.conns > 0;
  space->item.refused = st.refused;
  space->item.twice = st.twice;
  space->item.reached = st.reached;
  space->item.rebuild = st.rebuild;
  if (dag)
    space->item.member = st.member;
  if (news) {
    memcpy(space->item.name, name, sizeof name);
    if (user_name[0])
      memcpy(space->item.user_name, user_name, sizeof user_name);
  }
  pthread_mutex_unlock(&space->mutex);
  if (news) {
    space->seen_changes = changes;
    topo_broker_changed(space->broker);
  }
}

/* Only the actor writes the item, so it reads it without the mutex. */
static void answer_wait(const struct topo_space *space, struct topo_space_task *wait)
{
  struct topo_op_call *call = wait->call;
  topo_json_reset(&call->out);
  topo_space_item_write(&call->out, &space->item);
  topo_op_done(call, topo_json_status(&call->out));
  free_task(wait);
}

/* Answers those who wait for membership; returns when the next of them is to be answered. */
static uint64_t answer_waiting(struct topo_space *space, uint64_t now_ms)
{
  bool ready = topo_space_item_ready(&space->item);
  uint64_t next_ms = UINT64_MAX;
  for (struct topo_space_task **at = &space->waiting; *at;) {
    struct topo_space_task *wait = *at;
    if (!ready && wait->until_ms > now_ms) {
      if (wait->until_ms < next_ms)
        next_ms = wait->until_ms;
      at = &wait->next;
      continue;
    }
    *at = wait->next;
    answer_wait(space, wait);
  }
  return next_ms;
}

/* Tells subscribers the present states of the space: at most once in STATES_MS, and when that is
 * over. Returns when to look again. */
static uint64_t tell_states(struct topo_space *space, uint64_t now_ms)
{
  if (!topo_broker_has_subscribers(space->broker))
    return UINT64_MAX;
  if (now_ms < space->states_ms + STATES_MS)
    return space->states_ms + STATES_MS;
  struct topo_json json;
  topo_json_init(&json);
  topo_space_item_write(&json, &space->item);
  topo_broker_state(space->broker, TOPO_NOTIFY_SPACE, topo_json_text(&json));
  topo_json_reset(&json);
  if (topo_node_write_sync(space->node, &json) == 0)
    topo_broker_state(space->broker, TOPO_NOTIFY_SYNC, topo_json_text(&json));
  topo_json_reset(&json);
  if (topo_node_write_peers(space->node, &json) == 0)
    topo_broker_state(space->broker, TOPO_NOTIFY_PEERS, topo_json_text(&json));
  topo_json_finish(&json);
  space->states_ms = now_ms;
  return UINT64_MAX;
}

static bool is_stopping(struct topo_space *space)
{
  pthread_mutex_lock(&space->mutex);
  bool stopping = space->stopping;
  pthread_mutex_unlock(&space->mutex);
  return stopping;
}

/* Answers or frees a task that came too late for the node to see it. */
static void refuse(struct topo_space *space, struct topo_task *task)
{
  struct topo_space_taken taken = {.task = task};
  if (task->kind == TOPO_TASK_DUPLEX) {
    taken.duplex = topo_duplex_take_news(task, &taken.news);
    struct topo_conn conn = topo_duplex_conn(taken.duplex);
    if (taken.news.up)
      topo_conn_close(&conn, TOPO_CLOSE_AWAY);
  } else if (task->kind == TOPO_TASK_CALL) {
    atomic_fetch_sub(&space->calls, 1);
    topo_op_done(((struct topo_space_task *)(void *)task)->call, TOPO_ECLOSED);
  } else if (task->kind == TOPO_TASK_WAIT || task->kind == TOPO_TASK_RENEW) {
    topo_op_done(((struct topo_space_task *)(void *)task)->call, TOPO_ECLOSED);
    free_task((struct topo_space_task *)(void *)task);
    return;
  }
  discard(space, &taken);
}

/* Closes the node once all that was being checked has come back; every other task in the inbox is
 * refused. */
static void close_node(struct topo_space *space)
{
  struct topo_mail *mail;
  topo_node_close(space->node);
  space->node = NULL;
  topo_mailbox_close(&space->inbox);
  while ((mail = topo_mailbox_take(&space->inbox)) != NULL)
    refuse(space, topo_task_of(mail));
  while (space->waiting) {
    struct topo_space_task *wait = space->waiting;
    space->waiting = wait->next;
    topo_op_done(wait->call, TOPO_ECLOSED);
    free_task(wait);
  }
  pthread_mutex_lock(&space->mutex);
  space->closed = true;
  pthread_cond_broadcast(&space->changed);
  pthread_mutex_unlock(&space->mutex);
}

static void run(struct topo_actor *actor)
{
  struct topo_space *space = (struct topo_space *)(void *)actor;
  struct topo_space_turn *b = &space->turn;
  if (!space->node)
    return;
  bool stopping = is_stopping(space);
  bool more = collect(space);
  struct topo_now t = now();
  topo_node_step(space->node, t, b->inputs, b->n);
  for (size_t i = 0; i < b->n_tasks; i++)
    discard(space, &b->tasks[i]);
  if (stopping && topo_node_in_flight(space->node) == 0) {
    close_node(space);
    return;
  }
  look(space);
  uint64_t next_ms = answer_waiting(space, t.mono_ms);
  uint64_t states_ms = tell_states(space, t.mono_ms);
  if (states_ms < next_ms)
    next_ms = states_ms;
  uint64_t deadline_ms = topo_node_deadline(space->node);
  if (deadline_ms < next_ms)
    next_ms = deadline_ms;
  topo_actor_set_deadline(actor, next_ms == UINT64_MAX ? TOPO_NEVER : next_ms * 1000000);
  if (more)
    topo_actor_wake(actor);
}

/* ---- life ------------------------------------------------------------------------------------ */

/* There is mail, or a new subscriber, who has seen no states yet: both see to it in the next turn.
 */
static void wake_actor(void *space)
{
  topo_actor_wake(&((struct topo_space *)space)->actor);
}

static struct topo_space *create(const struct topo_space_env *env, const char *path)
{
  struct topo_space *space = calloc(1, sizeof *space);
  char *copy = strdup(path);
  if (!space || !copy) {
    free(space);
    free(copy);
    return NULL;
  }
  space->env = env;
  space->path = copy;
  space->addresses_task.kind = TOPO_TASK_ADDRESSES;
  topo_space_ports_init(space);
  topo_mutex_init(&space->mutex);
  topo_mutex_init_condition(&space->changed);
  /* What is put there is bounded: calls by TOPO_SPACE_CALLS, duplexes by TOPO_ENDPOINT_CONNS_MAX,
   * beacons by TOPO_ENDPOINT_BEACONS_MAX, dials and batches by the node. */
  topo_mailbox_init(&space->inbox, SIZE_MAX, wake_actor, space);
  return space;
}

static void release(struct topo_space *space)
{
  topo_mailbox_finish(&space->inbox);
  pthread_cond_destroy(&space->changed);
  pthread_mutex_destroy(&space->mutex);
  free(space->path);
  free(space);
}

/* Makes what surrounds the node: readers, broker, endpoint. 0, or TOPO_ENOMEM, after which nothing
 * refers to the space. */
static int create_parts(struct topo_space *space)
{
  const struct topo_space_env *env = space->env;
  const struct topo_self *self = topo_node_self(space->node);
  space->item.space = self->device.public_key;
  space->item.workspace = self->workspace;
  space->file =
      (struct topo_space_file){&env->disk, space->path, self->workspace, self->device.public_key};
  const struct topo_broker_options broker = {
      .pool = env->pool, .file = &space->file, .wanted = wake_actor, .arg = space};
  const struct topo_endpoint_options endpoint = {.seed = self->device.seed,
                                                 .workspace = self->workspace,
                                                 .device = self->device.public_key,
                                                 .inbox = &space->inbox};
  space->readers = topo_readers_create(env->pool, &space->file);
  space->broker = topo_broker_create(&broker);
  if (space->readers && space->broker)
    space->endpoint = topo_endpoint_create(env->network, &endpoint);
  if (space->endpoint)
    return 0;
  if (space->readers)
    topo_readers_stop(space->readers);
  topo_readers_destroy(space->readers);
  if (space->broker)
    topo_broker_stop(space->broker);
  topo_broker_destroy(space->broker);
  return TOPO_ENOMEM;
}

int topo_space_open(struct topo_space **out, const struct topo_space_env *env, const char *path,
                    const char *user_name)
{
  *out = NULL;
  struct topo_space *space = create(env, path);
  if (!space)
    return TOPO_ENOMEM;
  struct topo_node_options o = {.path = path,
                                .disk = &env->disk,
                                .rng = env->rng,
                                .ports = &space->ports,
                                .conns_max = env->conns_max};
  int status = topo_node_open(&space->node, &o);
  if (status == 0)
    status = topo_node_read_origin(space->node, space->origin.key, sizeof space->origin.key,
                                   &space->origin.request);
  if (status == 0)
    status = create_parts(space);
  if (status < 0) {
    topo_node_close(space->node);
    release(space);
    return status;
  }
  snprintf(space->item.user_name, sizeof space->item.user_name, "%s", user_name);
  space->seen_changes = UINT64_MAX; /* the names are to be read */
  topo_actor_init(&space->actor, env->pool, run);
  look(space);
  topo_actor_wake(&space->actor);
  *out = space;
  return 0;
}

void topo_space_stop(struct topo_space *space)
{
  /* Readers first: SQLite folds the write-ahead log into the file when the last handle is closed,
   * and only the writer's can do that. */
  topo_readers_stop(space->readers);
  topo_broker_stop(space->broker);
  pthread_mutex_lock(&space->mutex);
  space->stopping = true;
  pthread_mutex_unlock(&space->mutex);
  topo_actor_wake(&space->actor);
  pthread_mutex_lock(&space->mutex);
  while (!space->closed)
    pthread_cond_wait(&space->changed, &space->mutex);
  pthread_mutex_unlock(&space->mutex);
  topo_actor_stop(&space->actor);
}

void topo_space_destroy(struct topo_space *space)
{
  if (!space)
    return;
  topo_assert(space->closed);
  topo_readers_destroy(space->readers);
  topo_broker_destroy(space->broker);
  release(space);
}

const struct topo_id *topo_space_id(const struct topo_space *space)
{
  return &space->item.space;
}

const struct topo_space_origin *topo_space_origin(const struct topo_space *space)
{
  return &space->origin;
}

const struct topo_id *topo_space_workspace(const struct topo_space *space)
{
  return &space->item.workspace;
}

void topo_space_set_addresses(struct topo_space *space, const struct topo_address *addresses,
                              size_t n)
{
  topo_assert(n <= TOPO_NODE_ADDRESSES_MAX);
  pthread_mutex_lock(&space->mutex);
  space->n_addresses = n;
  memcpy(space->addresses, addresses, n * sizeof *addresses);
  bool post = !space->addresses_posted;
  space->addresses_posted = true;
  pthread_mutex_unlock(&space->mutex);
  if (post) /* a space that has closed its inbox tells nobody anything any more */
    topo_mailbox_put(&space->inbox, &space->addresses_task.mail);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void put(struct topo_space *space, struct topo_space_task *task)
{
  struct topo_op_call *call = task->call;
  int status = topo_mailbox_put(&space->inbox, &task->task.mail);
  if (status == 0)
    return;
  if (task->task.kind == TOPO_TASK_CALL)
    atomic_fetch_sub(&space->calls, 1);
  free_task(task);
  topo_op_done(call, status);
}

void topo_space_call(struct topo_space *space, struct topo_op_call *call)
{
  if (call->op->where == TOPO_OP_READ) {
    topo_readers_start(space->readers, call);
    return;
  }
  struct topo_space_task *task = NULL;
  bool room = atomic_fetch_add(&space->calls, 1) < TOPO_SPACE_CALLS;
  if (room)
    task = calloc(1, sizeof *task);
  if (!task) {
    atomic_fetch_sub(&space->calls, 1);
    topo_op_done(call, room ? TOPO_ENOMEM : topo_op_fail(call, TOPO_EAGAIN, "the space is busy"));
    return;
  }
  task->task.kind = TOPO_TASK_CALL;
  task->call = call;
  put(space, task);
}

void topo_space_await(struct topo_space *space, struct topo_op_call *call, uint64_t wait_ms)
{
  struct topo_space_task *task = calloc(1, sizeof *task);
  if (!task) {
    topo_op_done(call, TOPO_ENOMEM);
    return;
  }
  task->task.kind = TOPO_TASK_WAIT;
  task->call = call;
  task->until_ms = now().mono_ms + wait_ms;
  put(space, task);
}

void topo_space_renew(struct topo_space *space, struct topo_op_call *call,
                      const struct topo_invite_link *invite_link, uint64_t wait_ms)
{
  struct topo_space_task *task = calloc(1, sizeof *task);
  struct topo_invite_link *copy = malloc(sizeof *copy);
  if (!task || !copy) {
    free(task);
    free(copy);
    topo_op_done(call, TOPO_ENOMEM);
    return;
  }
  *copy = *invite_link;
  task->task.kind = TOPO_TASK_RENEW;
  task->call = call;
  task->invite_link = copy;
  task->renewal.invite_link = copy;
  task->until_ms = now().mono_ms + wait_ms;
  put(space, task);
}

int topo_space_subscribe(struct topo_space *space, const struct topo_subscription_request *request,
                         struct topo_subscription **out)
{
  return topo_broker_open(space->broker, request, out);
}

void topo_space_item(struct topo_space *space, struct topo_space_item *out)
{
  pthread_mutex_lock(&space->mutex);
  *out = space->item;
  pthread_mutex_unlock(&space->mutex);
}
