/* net.c - the transport as a whole: creation, the loop's entry points, the queue of work. */
#include "net/net.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/status.h"
#include "net/accept.h"
#include "net/close.h"
#include "net/identity.h"
#include "net/open.h"
#include "net/receive.h"
#include "net/tls.h"
#include "net/write.h"

/* How much one call does at most; what is left has its turn in the next. */
enum {
  ROUNDS = 4,   /* of receiving */
  TIMERS = 256, /* that are due and run */
  TURNS = 64    /* of connections that write or end */
};

int topo_net_create(struct topo_net **out, const struct topo_net_options *options)
{
  uint8_t key[16];
  struct topo_net *net = calloc(1, sizeof *net);
  int rc;
  if (!net)
    return TOPO_ENOMEM;
  net->events = options->events;
  net->arg = options->arg;
  net->rng = options->rng;
  memcpy(net->secret, options->secret, sizeof net->secret);
  net->queue_end = &net->queue;
  topo_rng_fill(&net->rng, key, sizeof key);
  topo_cid_table_init(&net->cids, key);
  topo_cid_table_init(&net->reset_tokens, key);
  topo_wipe(key, sizeof key);
  rc = topo_net_tls_init(net);
  if (!rc)
    rc = topo_io_open(&net->io, options->bind, options->plain_sockets, &net->stats);
  else
    net->io.fd = net->io.epoll_fd = -1;
  if (rc) {
    topo_net_destroy(net);
    return rc;
  }
  *out = net;
  return 0;
}

void topo_net_destroy(struct topo_net *net)
{
  if (!net)
    return;
  topo_assert(net->depth == 0);
  while (net->queue)
    topo_net_conn_dequeue(net);
  for (struct topo_net_conn *c = net->all, *next; c; c = next) {
    next = c->next;
    c->silent = true;
    topo_net_conn_doom(c, TOPO_ECLOSED, TOPO_CLOSE_AWAY);
    if (topo_net_conn_alive(c))
      topo_net_close_doomed(c);
    if (c->queued)
      topo_net_conn_dequeue(net); /* it was the only one */
    topo_net_conn_free(c);
  }
  while (net->identities) {
    topo_assert(net->identities->refs == 1);
    topo_net_identity_drop(net, net->identities);
  }
  topo_net_tls_finish(net);
  topo_cid_table_finish(&net->cids);
  topo_cid_table_finish(&net->reset_tokens);
  topo_deadlines_finish(&net->deadlines);
  topo_io_close(&net->io);
  topo_wipe(net, sizeof *net);
  free(net);
}

void topo_net_local_address(const struct topo_net *net, struct topo_net_address *out)
{
  *out = net->io.bound;
}

int topo_net_fd(const struct topo_net *net)
{
  return net->io.epoll_fd;
}

void topo_net_get_stats(const struct topo_net *net, struct topo_net_stats *out)
{
  *out = net->stats;
}

/* Executes what is doomed and lets every connection with work write in turn. */
static void run(struct topo_net *net)
{
  for (unsigned turns = 0; net->queue && turns < TURNS && !net->io.blocked; turns++) {
    struct topo_net_conn *c = topo_net_conn_dequeue(net);
    if (!topo_net_conn_alive(c))
      continue;
    if (c->doomed)
      topo_net_close_doomed(c);
    else if (topo_net_write(c) != TOPO_NET_BURST_DONE)
      topo_net_conn_queue(c);
  }
}

static void on_datagram(void *arg, const struct topo_datagram *d)
{
  struct topo_net *net = arg;
  struct topo_net_conn *conn;
  ngtcp2_version_cid header;
  int rc = ngtcp2_pkt_decode_version_cid(&header, d->data, d->len, TOPO_NET_CID_LEN);
  if (rc && rc != NGTCP2_ERR_VERSION_NEGOTIATION) {
    net->stats.ignored++;
    return;
  }
  conn = topo_cid_table_get(&net->cids, header.dcid, header.dcidlen);
  if (!conn)
    conn = topo_net_accept_reset(net, d);
  if (conn && !rc)
    topo_net_receive(conn, d);
  else
    topo_net_accept(net, d, &header, rc != 0);
}

/* Whether the call may work: one that comes out of a callback is served by the call around it. */
static bool enter(struct topo_net *net, uint64_t now_ns)
{
  if (now_ns > net->now_ns)
    net->now_ns = now_ns;
  if (net->depth)
    return false;
  net->depth++;
  if (net->io.blocked)
    topo_io_flush(&net->io);
  return true;
}

static void leave(struct topo_net *net)
{
  run(net);
  net->depth--;
}

void topo_net_ready(struct topo_net *net, uint64_t now_ns)
{
  if (!enter(net, now_ns))
    return;
  for (int i = 0; i < ROUNDS && topo_io_receive(&net->io, on_datagram, net); i++)
    ;
  leave(net);
}

uint64_t topo_net_deadline(const struct topo_net *net)
{
  const struct topo_deadline *first = topo_deadlines_first(&net->deadlines);
  if (net->queue && !net->io.blocked)
    return 0;
  return first ? first->at_ns : UINT64_MAX;
}

void topo_net_expire(struct topo_net *net, uint64_t now_ns)
{
  if (!enter(net, now_ns))
    return;
  for (int i = 0; i < TIMERS; i++) {
    struct topo_deadline *first = topo_deadlines_first(&net->deadlines);
    if (!first || first->at_ns > net->now_ns)
      break;
    topo_net_receive_expiry(first->owner);
  }
  leave(net);
}

void topo_net_flush(struct topo_net *net, uint64_t now_ns)
{
  if (enter(net, now_ns))
    leave(net);
}

int topo_net_dial(struct topo_net *net, struct topo_net_conn **out,
                  const struct topo_net_dial *options, uint64_t now_ns)
{
  struct topo_net_address remote = options->remote;
  size_t len = strlen(options->sni);
  if (now_ns > net->now_ns)
    net->now_ns = now_ns;
  if (len == 0 || len > TOPO_NET_SNI_MAX || topo_io_adapt(&net->io, &remote))
    return TOPO_EINVAL;
  if (net->stats.live >= TOPO_NET_CONNECTIONS_MAX)
    return TOPO_ELIMIT;
  return topo_net_open_client(net, out, &remote, options);
}

void topo_net_identity_remove(struct topo_net *net, struct topo_net_identity *identity)
{
  if (!identity)
    return;
  for (struct topo_net_conn *c = net->all; c; c = c->next)
    if (c->identity == identity && topo_net_conn_alive(c))
      topo_net_conn_doom(c, TOPO_ECLOSED, TOPO_CLOSE_AWAY);
  topo_net_identity_drop(net, identity);
}

void topo_net_recheck(struct topo_net *net, struct topo_net_identity *identity)
{
  topo_assert(!identity->removed);
  for (struct topo_net_conn *c = net->all; c; c = c->next)
    if (c->identity == identity && c->has_peer && topo_net_conn_alive(c) && !c->doomed &&
        net->events->authorize(net->arg, identity->user, &c->peer) < 0)
      topo_net_conn_doom(c, TOPO_EUNTRUSTED, TOPO_CLOSE_UNTRUSTED);
}
