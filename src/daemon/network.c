/*
 * network.c - the network's thread. Everything here runs on it, but the functions of endpoints,
 * which post tasks.
 *
 * A wire is what is known here of one connection, or of the attempt at one; topo_net carries it as
 * the `user` of the connection. From `up` on it has a duplex, which leads to its space.
 */
#include "daemon/network.h"

#include "base/assert.h"
#include "base/status.h"
#include "daemon/addresses.h"
#include "daemon/duplex.h"
#include "daemon/interfaces.h"
#include "port/close.h"
#include "sys/clock.h"
#include "sys/mutex.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

struct topo_network {
  struct topo_net *net;
  struct topo_loop *loop;
  struct topo_journal *journal;
  struct topo_watch watch;
  struct topo_timer timer;
  struct topo_mailbox outbox;
  struct topo_endpoint *endpoints;
  struct wire *wires;
  uint64_t next_number;
  uint32_t zones[TOPO_INTERFACE_ZONES_MAX]; /* where link-local addresses are tried */
  size_t n_zones;
  struct topo_rng rng;
  void (*endpoint_came)(void *arg); /* NULL: nobody wants to know */
  void *endpoint_came_arg;
};

struct topo_endpoint {
  struct topo_task task; /* first */
  struct topo_network *network;
  struct topo_endpoint *next;
  struct topo_mailbox *inbox;
  struct topo_id workspace, device;
  uint8_t seed[32];
  atomic_size_t duplexes, beacons;
  uint8_t beacon_key[32];
  /* The network's */
  bool registered;
  struct topo_net_identity *identity; /* NULL when it could not be added */
  struct topo_id *keys;
  size_t n_keys;
  /* Handed over */
  pthread_mutex_t mutex;
  bool posted, renewed;
  struct topo_id *new_keys;
  size_t n_new_keys;
};

struct wire {
  struct wire *next, **prior; /* what points to it */
  struct topo_endpoint *endpoint;
  struct topo_net_conn *conn;
  struct topo_net_identity *invite; /* shown instead of the endpoint's identity; removed with it */
  struct topo_dial_task *dial;      /* until it comes up or fails */
  struct topo_duplex *duplex;       /* once it is up */
  struct topo_duplex_bytes sending[TOPO_CONN_STREAMS_MAX];
};

void topo_dial_task_free(struct topo_dial_task *task)
{
  topo_wipe(&task->dial, sizeof task->dial);
  free(task);
}

/* ---- wires ----------------------------------------------------------------------------------- */

static struct wire *create_wire(struct topo_endpoint *endpoint, struct topo_net_conn *conn)
{
  struct wire *wire = calloc(1, sizeof *wire);
  if (!wire)
    return NULL;
  struct topo_network *network = endpoint->network;
  wire->endpoint = endpoint;
  wire->conn = conn;
  wire->next = network->wires;
  wire->prior = &network->wires;
  if (wire->next)
    wire->next->prior = &wire->next;
  network->wires = wire;
  return wire;
}

static void destroy_wire(struct wire *wire)
{
  *wire->prior = wire->next;
  if (wire->next)
    wire->next->prior = wire->prior;
  for (unsigned i = 0; i < TOPO_CONN_STREAMS_MAX; i++)
    topo_buf_finish(&wire->sending[i].buf);
  if (wire->invite)
    topo_net_identity_remove(wire->endpoint->network->net, wire->invite);
  if (wire->dial)
    topo_dial_task_free(wire->dial);
  free(wire);
}

static void report_dial(struct topo_dial_task *task, int status)
{
  task->status = status < 0 ? status : TOPO_ECLOSED;
  if (topo_mailbox_put(task->endpoint->inbox, &task->task.mail) < 0)
    topo_dial_task_free(task);
}

/* A dial came to nothing. Nobody was there, in this zone of a link-local address: the next one is
 * tried as soon as the callback at hand is over. Who was reached and refused us is the one. */
static void end_dial(struct topo_dial_task *task, int status)
{
  struct topo_network *network = task->endpoint->network;
  bool elsewhere =
      status != TOPO_EUNTRUSTED && task->zones_tried > 0 && task->zones_tried < network->n_zones;
  if (!elsewhere) {
    report_dial(task, status);
    return;
  }
  int posted = topo_mailbox_put(&network->outbox, &task->task.mail);
  topo_assert(posted == 0);
}

/* Gives the connection as much of a stream's bytes as it takes now. */
static void send_bytes(struct wire *wire, unsigned stream)
{
  struct topo_duplex_bytes *bytes = &wire->sending[stream];
  size_t n = topo_net_send(wire->conn, stream, bytes->buf.data + bytes->sent,
                           bytes->buf.len - bytes->sent);
  topo_duplex_bytes_sent(bytes, n);
  if (n)
    topo_duplex_sent(wire->duplex, stream, n);
}

static void close_wire(struct wire *wire, uint64_t code)
{
  topo_net_close(wire->conn, code);
  if (wire->duplex)
    topo_duplex_down(wire->duplex, TOPO_ECLOSED);
  destroy_wire(wire);
}

/* ---- what the connections say ---------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
  return topo_id_compare(a, b);
}

static int on_authorize(void *arg, void *identity_user, const struct topo_id *peer)
{
  const struct topo_endpoint *endpoint = identity_user;
  (void)arg;
  if (endpoint->n_keys &&
      bsearch(peer, endpoint->keys, endpoint->n_keys, sizeof *peer, compare_ids))
    return 0;
  return TOPO_EUNTRUSTED;
}

static struct topo_duplex *create_duplex(struct topo_network *network, struct wire *wire,
                                         const struct topo_net_peer *peer)
{
  struct topo_endpoint *endpoint = wire->endpoint;
  struct topo_duplex_options o = {.number = ++network->next_number,
                                  .peer = peer->key,
                                  .address = topo_addresses_from_net(&peer->address),
                                  .outgoing = peer->outgoing,
                                  .dial = wire->dial ? wire->dial->dial.number : 0,
                                  .inbox = endpoint->inbox,
                                  .outbox = &network->outbox,
                                  .alive = &endpoint->duplexes,
                                  .wire = wire};
  if (atomic_load(&endpoint->duplexes) >= TOPO_ENDPOINT_CONNS_MAX)
    return NULL;
  return topo_duplex_create(&o);
}

static void on_up(void *arg, struct topo_net_conn *conn, const struct topo_net_peer *peer)
{
  struct topo_network *network = arg;
  struct wire *wire = peer->outgoing ? peer->user : create_wire(peer->identity_user, conn);
  topo_net_conn_set_user(conn, wire);
  if (wire)
    wire->duplex = create_duplex(network, wire, peer);
  if (!wire || !wire->duplex) {
    topo_net_close(conn, TOPO_CLOSE_OVERLOADED);
    if (wire && wire->dial) {
      report_dial(wire->dial, TOPO_ELIMIT);
      wire->dial = NULL;
    }
    if (wire)
      destroy_wire(wire);
    return;
  }
  if (wire->dial) {
    topo_dial_task_free(wire->dial);
    wire->dial = NULL;
  }
  if (topo_duplex_up(wire->duplex) < 0) {
    topo_duplex_forget(wire->duplex);
    close_wire(wire, TOPO_CLOSE_AWAY);
  }
}

static void on_data(void *arg, struct topo_net_conn *conn, unsigned stream, const uint8_t *data,
                    size_t len)
{
  struct wire *wire = topo_net_conn_user(conn);
  (void)arg;
  if (topo_duplex_received(wire->duplex, stream, data, len) < 0)
    close_wire(wire, TOPO_CLOSE_OVERLOADED);
}

static void on_writable(void *arg, struct topo_net_conn *conn, unsigned stream)
{
  (void)arg;
  send_bytes(topo_net_conn_user(conn), stream);
}

static void on_down(void *arg, struct topo_net_conn *conn, const struct topo_net_down *why)
{
  struct wire *wire = topo_net_conn_user(conn);
  (void)arg;
  if (!wire)
    return;
  if (wire->dial) {
    end_dial(wire->dial, why->status);
    wire->dial = NULL;
  }
  if (wire->duplex)
    topo_duplex_down(wire->duplex, why->status);
  destroy_wire(wire);
}

static const struct topo_net_events events = {.authorize = on_authorize,
                                              .up = on_up,
                                              .data = on_data,
                                              .writable = on_writable,
                                              .down = on_down};

/* ---- what the spaces want -------------------------------------------------------------------- */

static void carry_out_orders(struct topo_task *task)
{
  struct topo_duplex_orders orders;
  struct topo_duplex *duplex = topo_duplex_take_orders(task, &orders);
  struct wire *wire = topo_duplex_wire(duplex);
  if (wire && orders.closed) {
    close_wire(wire, orders.code);
    wire = NULL;
  }
  for (unsigned i = 0; wire && i < TOPO_CONN_STREAMS_MAX; i++) {
    if (orders.consumed[i])
      topo_net_consumed(wire->conn, i, orders.consumed[i]);
    if (topo_duplex_take_bytes(duplex, i, &wire->sending[i]) < 0) {
      close_wire(wire, TOPO_CLOSE_OVERLOADED);
      break;
    }
    if (wire->sending[i].buf.len)
      send_bytes(wire, i);
  }
  topo_duplex_unref(duplex);
}

static void register_endpoint(struct topo_endpoint *e)
{
  char sni[TOPO_SNI_SIZE];
  topo_sni(sni, &e->workspace, &e->device);
  int status = topo_net_identity_add(e->network->net, &e->identity, e->seed, sni, e);
  if (status < 0)
    topo_journal_write(e->network->journal, TOPO_JOURNAL_ERROR,
                       "a space cannot be reached by others: %s", topo_status_text(status));
  e->registered = true;
  e->next = e->network->endpoints;
  e->network->endpoints = e;
  if (e->network->endpoint_came)
    e->network->endpoint_came(e->network->endpoint_came_arg);
}

static void renew_endpoint(struct topo_endpoint *e)
{
  if (!e->registered)
    register_endpoint(e);
  pthread_mutex_lock(&e->mutex);
  bool renewed = e->renewed;
  e->posted = e->renewed = false;
  if (renewed) {
    free(e->keys);
    e->keys = e->new_keys;
    e->n_keys = e->n_new_keys;
    e->new_keys = NULL;
  }
  pthread_mutex_unlock(&e->mutex);
  if (renewed && e->identity)
    topo_net_recheck(e->network->net, e->identity);
}

/* Where the dial goes; a link-local address goes to the next zone that it was not tried in. */
static int set_remote(struct topo_net_address *out, struct topo_dial_task *task)
{
  const struct topo_network *network = task->endpoint->network;
  if (!topo_addresses_to_net(out, &task->dial.address))
    return TOPO_EINVAL;
  if (out->sa.sa_family != AF_INET6 || !IN6_IS_ADDR_LINKLOCAL(&out->in6.sin6_addr))
    return 0;
  if (task->zones_tried >= network->n_zones)
    return TOPO_EUNREACHABLE;
  out->in6.sin6_scope_id = network->zones[task->zones_tried++];
  return 0;
}

static int start_dial(struct wire *wire, struct topo_dial_task *task)
{
  struct topo_endpoint *e = wire->endpoint;
  struct topo_net *net = e->network->net;
  const struct topo_dial *dial = &task->dial;
  char sni[TOPO_SNI_SIZE];
  struct topo_net_dial d = {.identity = e->identity, .pin = dial->pin, .sni = sni, .user = wire};
  topo_sni(sni, &e->workspace, &dial->pin);
  int status = set_remote(&d.remote, task);
  if (status < 0)
    return status;
  if (dial->with_invite) {
    status = topo_net_identity_add(net, &wire->invite, dial->invite_seed, NULL, e);
    if (status < 0)
      return status;
    d.identity = wire->invite;
  }
  if (!d.identity)
    return TOPO_EUNREACHABLE;
  return topo_net_dial(net, &wire->conn, &d, topo_clock_monotonic_ns());
}

static void dial(struct topo_dial_task *task)
{
  struct wire *wire = create_wire(task->endpoint, NULL);
  int status = wire ? start_dial(wire, task) : TOPO_ENOMEM;
  if (status == 0) {
    wire->dial = task;
    return;
  }
  if (wire)
    destroy_wire(wire);
  end_dial(task, status);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static void rearm(struct topo_network *network)
{
  topo_loop_set_timer(network->loop, &network->timer, topo_net_deadline(network->net));
}

static void drain(struct topo_network *network)
{
  struct topo_mail *mail = topo_mailbox_take_all(&network->outbox);
  while (mail) {
    struct topo_task *task = topo_task_of(mail);
    mail = mail->next; /* what is done may be posted again at once */
    switch (task->kind) {
    case TOPO_TASK_DUPLEX: carry_out_orders(task); break;
    case TOPO_TASK_ENDPOINT: renew_endpoint((struct topo_endpoint *)(void *)task); break;
    case TOPO_TASK_DIAL: dial((struct topo_dial_task *)(void *)task); break;
    default: topo_assert(false);
    }
  }
  topo_net_flush(network->net, topo_clock_monotonic_ns());
}

static void on_wake(void *arg)
{
  struct topo_network *network = arg;
  drain(network);
  rearm(network);
}

static void on_readable(struct topo_watch *watch, uint32_t ready)
{
  struct topo_network *network =
      (struct topo_network *)(void *)((char *)watch - offsetof(struct topo_network, watch));
  (void)ready;
  topo_net_ready(network->net, topo_clock_monotonic_ns());
  rearm(network);
}

static void on_timer(struct topo_timer *timer)
{
  struct topo_network *network =
      (struct topo_network *)(void *)((char *)timer - offsetof(struct topo_network, timer));
  topo_net_expire(network->net, topo_clock_monotonic_ns());
  rearm(network);
}

static void wake_loop(void *loop)
{
  topo_loop_wake(loop);
}

int topo_network_create(struct topo_network **out, const struct topo_network_options *options)
{
  *out = NULL;
  struct topo_network *network = calloc(1, sizeof *network);
  if (!network)
    return TOPO_ENOMEM;
  network->loop = options->loop;
  network->journal = options->journal;
  network->rng = options->rng;
  network->watch.ready = on_readable;
  network->timer.fire = on_timer;
  struct topo_net_options o = {
      .bind = options->bind, .rng = options->rng, .events = &events, .arg = network};
  memcpy(o.secret, options->secret, sizeof o.secret);
  int status = topo_net_create(&network->net, &o);
  topo_wipe(&o, sizeof o);
  if (status < 0)
    goto fail_net;
  network->watch.fd = topo_net_fd(network->net);
  status = topo_loop_add(network->loop, &network->watch, EPOLLIN);
  if (status < 0)
    goto fail_watch;
  /* Every task is part of something that is bounded elsewhere: duplexes and dials by the space,
   * endpoints by the spaces there are. */
  topo_mailbox_init(&network->outbox, SIZE_MAX, wake_loop, network->loop);
  topo_loop_on_wake(network->loop, on_wake, network);
  rearm(network);
  *out = network;
  return 0;
fail_watch:
  topo_net_destroy(network->net);
fail_net:
  free(network);
  return status;
}

void topo_network_local_address(const struct topo_network *network, struct topo_net_address *out)
{
  topo_net_local_address(network->net, out);
}

void topo_network_set_zones(struct topo_network *network, const uint32_t *zones, size_t n)
{
  topo_assert(n <= TOPO_INTERFACE_ZONES_MAX);
  memcpy(network->zones, zones, n * sizeof *zones);
  network->n_zones = n;
}

static void destroy_endpoint(struct topo_endpoint *e)
{
  topo_assert(atomic_load(&e->duplexes) == 0 && atomic_load(&e->beacons) == 0);
  pthread_mutex_destroy(&e->mutex);
  free(e->keys);
  free(e->new_keys);
  topo_wipe(e->seed, sizeof e->seed);
  free(e);
}

void topo_network_destroy(struct topo_network *network)
{
  if (!network)
    return;
  network->n_zones = 0; /* nothing is tried once more */
  drain(network);
  topo_loop_remove(network->loop, &network->watch);
  topo_loop_cancel_timer(network->loop, &network->timer);
  while (network->wires)
    close_wire(network->wires, TOPO_CLOSE_AWAY);
  topo_net_flush(network->net, topo_clock_monotonic_ns());
  topo_net_destroy(network->net);
  while (network->endpoints) {
    struct topo_endpoint *e = network->endpoints;
    network->endpoints = e->next;
    destroy_endpoint(e);
  }
  topo_mailbox_finish(&network->outbox);
  free(network);
}

/* ---- discovery ------------------------------------------------------------------------------- */

void topo_network_on_endpoint(struct topo_network *network, void (*changed)(void *arg), void *arg)
{
  network->endpoint_came = changed;
  network->endpoint_came_arg = arg;
}

struct topo_endpoint *topo_endpoint_next(const struct topo_network *network,
                                         const struct topo_endpoint *e)
{
  return e ? e->next : network->endpoints;
}

struct topo_beacon topo_endpoint_beacon(const struct topo_endpoint *e,
                                        const struct topo_address *address)
{
  uint8_t nonce[TOPO_BEACON_NONCE_SIZE];
  topo_rng_fill(&e->network->rng, nonce, sizeof nonce);
  return topo_beacon_make(e->beacon_key, nonce, &e->device, address);
}

void topo_endpoint_heard(struct topo_endpoint *e, const struct topo_beacon *beacon,
                         const struct topo_address *address)
{
  if (!topo_beacon_is_of(beacon, e->beacon_key) ||
      atomic_load(&e->beacons) >= TOPO_ENDPOINT_BEACONS_MAX)
    return;
  struct topo_beacon_task *task = calloc(1, sizeof *task);
  if (!task)
    return;
  *task = (struct topo_beacon_task){
      .task.kind = TOPO_TASK_BEACON, .endpoint = e, .beacon = *beacon, .address = *address};
  atomic_fetch_add(&e->beacons, 1);
  if (topo_mailbox_put(e->inbox, &task->task.mail) < 0)
    topo_beacon_task_free(task);
}

void topo_beacon_task_free(struct topo_beacon_task *task)
{
  atomic_fetch_sub(&task->endpoint->beacons, 1);
  free(task);
}

/* ---- endpoints: any thread ------------------------------------------------------------------- */

static void post_endpoint(struct topo_endpoint *e)
{
  int status = topo_mailbox_put(&e->network->outbox, &e->task.mail);
  topo_assert(status == 0);
}

struct topo_endpoint *topo_endpoint_create(struct topo_network *network,
                                           const struct topo_endpoint_options *options)
{
  struct topo_endpoint *e = calloc(1, sizeof *e);
  if (!e)
    return NULL;
  e->task.kind = TOPO_TASK_ENDPOINT;
  e->network = network;
  e->inbox = options->inbox;
  e->workspace = options->workspace;
  e->device = options->device;
  memcpy(e->seed, options->seed, sizeof e->seed);
  topo_beacon_key(e->beacon_key, &e->workspace);
  topo_mutex_init(&e->mutex);
  e->posted = true;
  post_endpoint(e);
  return e;
}

void topo_endpoint_trust(struct topo_endpoint *e, struct topo_id *keys, size_t n)
{
  pthread_mutex_lock(&e->mutex);
  free(e->new_keys);
  e->new_keys = keys;
  e->n_new_keys = n;
  e->renewed = true;
  bool post = !e->posted;
  e->posted = true;
  pthread_mutex_unlock(&e->mutex);
  if (post)
    post_endpoint(e);
}

int topo_endpoint_dial(struct topo_endpoint *e, const struct topo_dial *d)
{
  struct topo_dial_task *task = calloc(1, sizeof *task);
  if (!task)
    return TOPO_ENOMEM;
  task->task.kind = TOPO_TASK_DIAL;
  task->endpoint = e;
  task->dial = *d;
  int status = topo_mailbox_put(&e->network->outbox, &task->task.mail);
  topo_assert(status == 0);
  return 0;
}
