/*
 * test_bounds.c - what bounds the daemon, each at its edge: spaces, connections of a space, what a
 * space takes in one turn, and what its broker reads at once. With the real disk and the real
 * threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/daemon/real_registry.h"

#include "api/base64url.h"
#include "base/assert.h"
#include "base/status.h"
#include "crypto/sign.h"
#include "daemon/addresses.h"
#include "daemon/broker_impl.h"
#include "daemon/catalog.h"
#include "daemon/network.h"
#include "daemon/space_impl.h"
#include "sys/rng.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- spaces ---------------------------------------------------------------------------------- */

enum { SPACES = 1024 };

/* Rows of spaces whose files are not there: they count, too. */
static void add_rows(const struct real_registry *h, unsigned n)
{
  char path[96];
  struct topo_catalog *catalog;
  snprintf(path, sizeof path, "%s/node.db", h->dir);
  assert_int_equal(topo_catalog_open(&catalog, path, &h->disk), 0);
  for (unsigned i = 0; i < n; i++) {
    struct topo_catalog_row row = {.device = {{1, (uint8_t)(i >> 8), (uint8_t)i}}};
    snprintf(row.file, sizeof row.file, "%u.db", i);
    assert_int_equal(topo_catalog_add(catalog, &row), 0);
  }
  topo_catalog_close(catalog);
}

/* A daemon has 1024 spaces (SPACES_MAX), those that cannot be opened among them, and makes no more.
 */
static void spaces_are_bounded(void **state)
{
  struct real_registry *h = *state;
  const struct topo_registry_entry *entry;
  struct topo_registry_wish wish = {.workspace_name = "One more", .user_name = "Alice"};
  enum topo_registry_how how;
  real_registry_stop(h);
  add_rows(h, SPACES - 1);
  real_registry_start(h);
  assert_int_equal(topo_registry_count(h->registry), SPACES - 1);
  real_registry_found(h, "The last");
  assert_int_equal(topo_registry_make(h->registry, &wish, &entry, &how), TOPO_ELIMIT);
  assert_int_equal(topo_registry_count(h->registry), SPACES);
}

/* ---- a turn of a space ----------------------------------------------------------------------- */

struct stop {
  struct topo_job job; /* first */
  sem_t *reached, *over;
};

static void wait_for(sem_t *sem)
{
  while (sem_wait(sem) != 0)
    ;
}

static void pause_here(struct topo_job *job)
{
  struct stop *s = (struct stop *)(void *)job;
  sem_post(s->reached);
  wait_for(s->over);
}

/* Both threads of the pool stand still between these two. */
struct standstill {
  sem_t reached, over;
  struct stop stops[2];
};

static void stop_pool(struct standstill *s, struct topo_pool *pool)
{
  sem_init(&s->reached, 0, 0);
  sem_init(&s->over, 0, 0);
  for (size_t i = 0; i < 2; i++) {
    s->stops[i] = (struct stop){{.run = pause_here}, &s->reached, &s->over};
    topo_pool_submit(pool, &s->stops[i].job);
  }
  for (size_t i = 0; i < 2; i++)
    wait_for(&s->reached);
}

static void let_go(struct standstill *s)
{
  for (size_t i = 0; i < 2; i++)
    sem_post(&s->over);
}

enum { CALLS_MAX = 2 * TOPO_SPACE_TASKS_MAX };

struct calls {
  struct topo_space *space;
  size_t n;
  size_t with[CALLS_MAX]; /* how many tasks the turn had in which each call was answered */
  sem_t answered;
};

/* In the turn of the space. */
static void note_turn(struct topo_op_call *call, void *arg)
{
  struct calls *c = arg;
  topo_assert(call->status == 0 && c->n < CALLS_MAX);
  c->with[c->n++] = c->space->turn.n_tasks;
  topo_op_call_destroy(call);
  sem_post(&c->answered);
}

static void put_id(struct topo_op_call *call, const char *name, const struct topo_id *id)
{
  char text[TOPO_ID_TEXT_SIZE];
  bool unknown;
  topo_id_format(text, id);
  assert_int_equal(topo_op_set(call, TOPO_OP_PATH, name, text, strlen(text), &unknown), 0);
}

static void send_one(struct calls *c, const struct topo_id *channel)
{
  static const char body[] = "{\"text\":\"hello\"}";
  struct topo_op_call *call = topo_op_call_create(&topo_op_row_sendMessage);
  assert_non_null(call);
  put_id(call, "space", topo_space_id(c->space));
  put_id(call, "channel", channel);
  assert_int_equal(topo_op_set_body(call, body, sizeof body - 1), 0);
  call->done = note_turn;
  call->done_arg = c;
  topo_space_call(c->space, call);
}

/* Sends so many messages while nothing moves, and waits until all were answered. */
static struct calls send_at_once(struct real_registry *h, struct topo_space *space, size_t n)
{
  static struct calls calls;
  struct standstill still;
  const struct topo_id general = real_registry_general(space);
  calls = (struct calls){.space = space};
  sem_init(&calls.answered, 0, 0);
  stop_pool(&still, h->env.pool);
  for (size_t i = 0; i < n; i++)
    send_one(&calls, &general);
  let_go(&still);
  for (size_t i = 0; i < n; i++)
    wait_for(&calls.answered);
  return calls;
}

/* One turn takes TOPO_SPACE_TASKS_MAX tasks; what is left has the next one. */
static void a_turn_takes_so_many_tasks(void **state)
{
  struct real_registry *h = *state;
  struct topo_space *space = real_registry_found(h, "Tea house")->space;
  for (size_t more = 0; more < 2; more++) {
    struct calls calls = send_at_once(h, space, TOPO_SPACE_TASKS_MAX + more);
    for (size_t i = 0; i < TOPO_SPACE_TASKS_MAX; i++)
      assert_int_equal(calls.with[i], TOPO_SPACE_TASKS_MAX);
    if (more)
      assert_int_equal(calls.with[TOPO_SPACE_TASKS_MAX], 1);
  }
}

/* ---- a broker's reads ------------------------------------------------------------------------ */

static void send_text(struct topo_space *space, size_t len)
{
  static char body[40000];
  const struct topo_id general = real_registry_general(space);
  memcpy(body, "{\"text\":\"", 9);
  memset(body + 9, 'x', len);
  strcpy(body + 9 + len, "\"}");
  struct topo_op_call *call =
      real_registry_call(space, &topo_op_row_sendMessage, "channel", &general, body);
  assert_int_equal(call->status, 0);
  topo_op_call_destroy(call);
}

static int64_t head_of(struct topo_broker *broker)
{
  struct topo_change_cursor head;
  assert_int_equal(topo_broker_begin(broker, &head), 0);
  topo_db_release(broker->db);
  return head.seq;
}

/* What is read after this change, at once. */
static struct topo_notification_list read_after(struct topo_broker *broker, int64_t seq)
{
  struct topo_change_cursor head;
  struct topo_notification_list list;
  assert_int_equal(topo_broker_begin(broker, &head), 0);
  assert_int_equal(topo_broker_read(broker, &head, seq, 0, &list), 0);
  topo_db_release(broker->db);
  return list;
}

static void open_broker(struct topo_broker *broker, struct topo_space *space)
{
  *broker = (struct topo_broker){.options = {.file = &space->file}};
  topo_json_init(&broker->json);
}

static void close_broker(struct topo_broker *broker)
{
  topo_db_close(broker->db);
  topo_json_finish(&broker->json);
}

/* TOPO_BROKER_CHUNK_MAX changes are read in one transaction. */
static void a_broker_reads_so_many_changes(void **state)
{
  struct real_registry *h = *state;
  struct topo_space *space = real_registry_found(h, "Tea house")->space;
  const struct topo_id general = real_registry_general(space);
  struct topo_broker broker;
  open_broker(&broker, space);
  int64_t before = head_of(&broker);
  real_registry_send(space, &general, 0, TOPO_BROKER_CHUNK_MAX + 1);
  assert_int_equal(head_of(&broker), before + TOPO_BROKER_CHUNK_MAX + 1);
  struct topo_notification_list list = read_after(&broker, before);
  assert_int_equal(list.n, TOPO_BROKER_CHUNK_MAX);
  assert_int_equal(list.to, before + TOPO_BROKER_CHUNK_MAX);
  topo_notification_list_finish(&list);
  list = read_after(&broker, before + 1);
  assert_int_equal(list.n, TOPO_BROKER_CHUNK_MAX);
  topo_notification_list_finish(&list);
  close_broker(&broker);
}

/* Three messages, of which two have `bytes` bytes as notifications: how many are read at once? */
static size_t read_of_three(struct topo_broker *broker, struct topo_space *space, size_t bytes)
{
  int64_t before = head_of(broker);
  send_text(space, 1);
  struct topo_notification_list list = read_after(broker, before);
  assert_int_equal(list.n, 1);
  size_t around = list.notifications[0]->len - 1;
  topo_notification_list_finish(&list);
  before = head_of(broker);
  send_text(space, bytes / 2 - around);
  send_text(space, bytes - bytes / 2 - around);
  send_text(space, 1);
  list = read_after(broker, before);
  assert_int_equal(list.notifications[0]->len + list.notifications[1]->len, bytes);
  size_t n = list.n;
  topo_notification_list_finish(&list);
  return n;
}

/* A read ends once it has TOPO_BROKER_BACKLOG_BYTES_MAX bytes, and not before. */
static void a_broker_reads_so_many_bytes(void **state)
{
  struct real_registry *h = *state;
  struct topo_space *space = real_registry_found(h, "Tea house")->space;
  const struct topo_id general = real_registry_general(space);
  struct topo_broker broker;
  open_broker(&broker, space);
  real_registry_send(space, &general, 0,
                     10); /* the numbers of changes have two digits from here on */
  assert_int_equal(read_of_three(&broker, space, TOPO_BROKER_BACKLOG_BYTES_MAX), 2);
  assert_int_equal(read_of_three(&broker, space, TOPO_BROKER_BACKLOG_BYTES_MAX - 1), 3);
  close_broker(&broker);
}

/* ---- connections ----------------------------------------------------------------------------- */

/* One of those that connect. They share a network, which runs in the test's thread. */
struct end {
  struct topo_id key;
  struct topo_endpoint *endpoint;
  struct topo_mailbox inbox;
  struct topo_loop *loop;
  size_t up, failed, wanted; /* the loop stops when so many dials have come to something */
  int status;                /* of the dial that failed last */
};

static void take_task(struct end *e, struct topo_task *task)
{
  if (task->kind == TOPO_TASK_DIAL) {
    struct topo_dial_task *dial = (struct topo_dial_task *)(void *)task;
    e->failed++;
    e->status = dial->status;
    topo_dial_task_free(dial);
    return;
  }
  struct topo_duplex_news news;
  struct topo_duplex *duplex = topo_duplex_take_news(task, &news);
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    topo_buf_finish(&news.received[i]);
  e->up += news.up;
  if (news.down)
    topo_duplex_forget(duplex);
  topo_duplex_unref(duplex);
}

static void take_mail(void *arg)
{
  struct end *e = arg;
  struct topo_mail *mail;
  while ((mail = topo_mailbox_take(&e->inbox)) != NULL)
    take_task(e, topo_task_of(mail));
  if (e->wanted && e->up + e->failed == e->wanted)
    topo_loop_stop(e->loop);
}

static void open_end(struct end *e, struct topo_network *network, struct topo_loop *loop,
                     uint8_t number)
{
  const uint8_t seed[32] = {number};
  struct topo_sign_key pair;
  topo_sign_key_from_seed(&pair, seed);
  *e = (struct end){.key = pair.public_key, .loop = loop};
  topo_mailbox_init(&e->inbox, SIZE_MAX, take_mail, e);
  const struct topo_endpoint_options options = {
      .seed = seed, .device = pair.public_key, .inbox = &e->inbox};
  e->endpoint = topo_endpoint_create(network, &options);
  assert_non_null(e->endpoint);
}

static struct topo_network *open_network(struct topo_loop *loop)
{
  const uint8_t secret[32] = {1};
  struct topo_network *network;
  struct topo_net_address bind;
  assert_int_equal(topo_net_address_parse(&bind, "127.0.0.1", 0), 0);
  const struct topo_network_options o = {
      .bind = &bind, .rng = topo_rng_os(), .secret = secret, .loop = loop};
  assert_int_equal(topo_network_create(&network, &o), 0);
  return network;
}

static void trust(struct end *e, const struct topo_id *key)
{
  struct topo_id *keys = malloc(sizeof *keys);
  assert_non_null(keys);
  *keys = *key;
  topo_endpoint_trust(e->endpoint, keys, 1);
}

/* Dials so often, and returns when all of that has come to something. */
static void dial(struct end *from, const struct end *to, const struct topo_net_address *at,
                 size_t n)
{
  enum { AT_ONCE = 16 }; /* or packets get lost in the buffers of the socket */
  for (size_t i = 0; i < n; i++) {
    const struct topo_dial how = {
        .number = i + 1, .pin = to->key, .address = topo_addresses_from_net(at)};
    assert_int_equal(topo_endpoint_dial(from->endpoint, &how), 0);
    from->wanted++;
    if (i % AT_ONCE == AT_ONCE - 1 || i == n - 1)
      assert_int_equal(topo_loop_run(from->loop), 0);
  }
}

/* A space has TOPO_ENDPOINT_CONNS_MAX connections; the next one is closed as soon as it is up. */
static void connections_are_bounded(void **state)
{
  struct topo_loop *loop;
  struct topo_net_address at;
  struct end ends[3]; /* one dials the other two, so that neither of those is at its edge */
  (void)state;
  assert_int_equal(topo_loop_create(&loop), 0);
  struct topo_network *network = open_network(loop);
  topo_network_local_address(network, &at);
  for (uint8_t i = 0; i < 3; i++)
    open_end(&ends[i], network, loop, i);
  for (uint8_t i = 1; i < 3; i++) {
    trust(&ends[i], &ends[0].key);
    dial(&ends[0], &ends[i], &at, TOPO_ENDPOINT_CONNS_MAX / 2);
  }
  assert_int_equal(ends[0].up, TOPO_ENDPOINT_CONNS_MAX);
  dial(&ends[0], &ends[1], &at, 1);
  assert_int_equal(ends[0].up, TOPO_ENDPOINT_CONNS_MAX);
  assert_int_equal(ends[0].failed, 1);
  assert_int_equal(ends[0].status, TOPO_ELIMIT);
  topo_network_destroy(network);
  for (uint8_t i = 0; i < 3; i++)
    topo_mailbox_finish(&ends[i].inbox);
  topo_loop_destroy(loop);
}

int main(void)
{
#define HOSTING(name)                                                                              \
  cmocka_unit_test_setup_teardown(name, real_registry_set_up, real_registry_tear_down)
  const struct CMUnitTest tests[] = {
      HOSTING(spaces_are_bounded),
      HOSTING(a_turn_takes_so_many_tasks),
      HOSTING(a_broker_reads_so_many_changes),
      HOSTING(a_broker_reads_so_many_bytes),
      cmocka_unit_test(connections_are_bounded),
  };
  return cmocka_run_group_tests_name("daemon/bounds", tests, NULL, NULL);
}
