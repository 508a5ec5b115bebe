/* http_conns.c - the list of connections behind one mutex; a sweep goes through all of them. */
#include "gateway/http_conns.h"

#include "base/assert.h"
#include "gateway/unix_socket.h"
#include "sys/clock.h"

#include <stdlib.h>
#include <sys/socket.h>

/* transitions[from] is the set of states that may follow. */
#define TO(state) (1u << TOPO_HTTP_CONN_##state)
static const unsigned transitions[TOPO_HTTP_CONN_STATES] = {
    [TOPO_HTTP_CONN_WAITING] = TO(ASKING) | TO(SHUT),
    [TOPO_HTTP_CONN_ASKING] = TO(RUNNING) | TO(ANSWERING) | TO(STREAMING) | TO(WAITING) | TO(SHUT),
    [TOPO_HTTP_CONN_RUNNING] = TO(ANSWERING) | TO(WAITING) | TO(SHUT),
    [TOPO_HTTP_CONN_ANSWERING] = TO(WAITING) | TO(SHUT),
    [TOPO_HTTP_CONN_STREAMING] = TO(STREAMING) | TO(WAITING) | TO(SHUT),
    [TOPO_HTTP_CONN_SHUT] = 0,
};
#undef TO

static uint64_t deadline(const struct topo_http_conns *conns, enum topo_http_conn_state state,
                         uint64_t now_ns)
{
  switch (state) {
  case TOPO_HTTP_CONN_WAITING: return now_ns + conns->wait_ns;
  case TOPO_HTTP_CONN_ASKING: return now_ns + conns->ask_ns;
  case TOPO_HTTP_CONN_ANSWERING:
  case TOPO_HTTP_CONN_STREAMING: return now_ns + conns->answer_ns;
  default: return TOPO_NEVER;
  }
}

static void enter(struct topo_http_conns *conns, struct topo_http_conn *conn,
                  enum topo_http_conn_state state, uint64_t now_ns)
{
  conn->state = state;
  conn->deadline_ns = deadline(conns, state, now_ns);
}

void topo_http_conns_init(struct topo_http_conns *conns, uint64_t wait_ns, uint64_t ask_ns,
                          uint64_t answer_ns)
{
  *conns = (struct topo_http_conns){.wait_ns = wait_ns, .ask_ns = ask_ns, .answer_ns = answer_ns};
  pthread_mutex_init(&conns->lock, NULL);
}

void topo_http_conns_finish(struct topo_http_conns *conns)
{
  topo_assert(!conns->first);
  pthread_mutex_destroy(&conns->lock);
}

/* The list is kept in the order of the last transition: the first has waited longest. */
static void append(struct topo_http_conns *conns, struct topo_http_conn *conn)
{
  conn->next = NULL;
  conn->prior = conns->last;
  *(conns->last ? &conns->last->next : &conns->first) = conn;
  conns->last = conn;
}

static void unlink_conn(struct topo_http_conns *conns, struct topo_http_conn *conn)
{
  *(conn->prior ? &conn->prior->next : &conns->first) = conn->next;
  *(conn->next ? &conn->next->prior : &conns->last) = conn->prior;
}

struct topo_http_conn *topo_http_conns_open(struct topo_http_conns *conns, int fd, uint64_t now_ns)
{
  struct topo_http_conn *conn = calloc(1, sizeof *conn);
  if (!conn)
    return NULL;
  conn->fd = fd;
  conn->transport = TOPO_TRANSPORT_TCP;
  if (topo_unix_socket_is(fd)) {
    conn->transport = TOPO_TRANSPORT_UNIX;
    conn->peer_trusted = topo_unix_socket_peer_trusted(fd);
  }
  pthread_mutex_lock(&conns->lock);
  enter(conns, conn, TOPO_HTTP_CONN_WAITING, now_ns);
  append(conns, conn);
  pthread_mutex_unlock(&conns->lock);
  return conn;
}

void topo_http_conns_close(struct topo_http_conns *conns, struct topo_http_conn *conn)
{
  if (!conn)
    return;
  pthread_mutex_lock(&conns->lock);
  unlink_conn(conns, conn);
  pthread_mutex_unlock(&conns->lock);
  free(conn);
}

void topo_http_conns_transition(struct topo_http_conns *conns, struct topo_http_conn *conn,
                                enum topo_http_conn_state to, uint64_t now_ns)
{
  pthread_mutex_lock(&conns->lock);
  if (conn->state != TOPO_HTTP_CONN_SHUT) {
    topo_assert(transitions[conn->state] & 1u << to);
    enter(conns, conn, to, now_ns);
    unlink_conn(conns, conn);
    append(conns, conn);
  }
  pthread_mutex_unlock(&conns->lock);
}

void topo_http_conns_know(struct topo_http_conns *conns, struct topo_http_conn *conn)
{
  pthread_mutex_lock(&conns->lock);
  conn->known = true;
  pthread_mutex_unlock(&conns->lock);
}

/* The descriptor is open: libmicrohttpd reports the end of a connection before it closes it. */
static void shut(struct topo_http_conn *conn)
{
  shutdown(conn->fd, SHUT_RDWR);
  conn->state = TOPO_HTTP_CONN_SHUT;
  conn->deadline_ns = TOPO_NEVER;
}

void topo_http_conns_sweep(struct topo_http_conns *conns, uint64_t now_ns)
{
  pthread_mutex_lock(&conns->lock);
  for (struct topo_http_conn *c = conns->first; c; c = c->next)
    if (c->deadline_ns <= now_ns)
      shut(c);
  pthread_mutex_unlock(&conns->lock);
}

/* A connection that waits for its next request may go at any time. One whose caller is not known
 * may go while it asks or is answered, too: otherwise strangers who announce bodies that they never
 * send would keep everybody else out. */
static bool may_be_shut(const struct topo_http_conn *c)
{
  return c->state == TOPO_HTTP_CONN_WAITING ||
         (!c->known && (c->state == TOPO_HTTP_CONN_ASKING || c->state == TOPO_HTTP_CONN_ANSWERING));
}

bool topo_http_conns_make_room(struct topo_http_conns *conns)
{
  pthread_mutex_lock(&conns->lock);
  bool room = false;
  for (struct topo_http_conn *c = conns->first; c && !room; c = c->next)
    if (may_be_shut(c)) {
      shut(c);
      room = true;
    }
  pthread_mutex_unlock(&conns->lock);
  return room;
}
