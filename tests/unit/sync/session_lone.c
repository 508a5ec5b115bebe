/* session_lone.c - one session, whose peer is the test. */
#include "unit/sync/session_lone.h"

#include "port/close.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

void lone_init(struct lone *l, bool initiator, enum topo_session_role role)
{
  pair_init(&l->p, 1, TOPO_CONN_SEND_BUFFER_MAX, TOPO_CONN_WINDOW_MAX);
  l->side = initiator ? &l->p.a : &l->p.b;
  l->side->options.role = role;
  if (role == TOPO_SESSION_JOINER)
    l->side->options.own_credential = topo_id_zero;
  l->bytes = (struct topo_buf){0};
  pair_start(l->side);
}

void lone_finish(struct lone *l)
{
  topo_buf_finish(&l->bytes);
  pair_finish(&l->p);
}

struct topo_wire_hello lone_hello(const struct lone *l)
{
  struct topo_wire_hello hello = {.version = TOPO_WIRE_VERSION,
                                  .workspace = l->side->options.workspace,
                                  .scope = l->side->options.scope,
                                  .credential = {{5}}};
  if (l->side->options.role == TOPO_SESSION_INVITER)
    hello.credential = topo_id_zero;
  return hello;
}

int lone_inject(struct lone *l, unsigned stream)
{
  int status = pair_inject(l->side, stream, l->bytes.data, l->bytes.len);
  topo_buf_clear(&l->bytes);
  return status ? status : l->side->conn_closed ? 0 : topo_session_flush(l->side->session, 0);
}

void lone_greet(struct lone *l, bool initiator, enum topo_session_role role)
{
  lone_init(l, initiator, role);
  struct topo_wire_hello hello = lone_hello(l);
  topo_wire_put_hello(&l->bytes, &hello);
  assert_int_equal(lone_inject(l, CONTROL), 0);
  assert_true(topo_session_state(l->side->session).greeted);
}

void lone_breaks(struct lone *l, unsigned stream, int status)
{
  assert_int_equal(lone_inject(l, stream), status);
  assert_true(l->side->conn_closed && l->side->heard_closed);
  assert_int_equal(l->side->close_code, topo_close_code(status));
  assert_int_equal(l->side->closed_status, status);
  lone_finish(l);
}

void lone_put_sets(struct topo_buf *out, const struct topo_session_set *control, bool epochs)
{
  static const struct topo_prefix all = {.len = 0};
  struct topo_settree nothing = {0};
  struct topo_session_sets sets = {.items = 0};
  assert_int_equal(topo_settree_digest(&nothing, &all, &sets.epochs), 0);
  if (control)
    sets.early[TOPO_SET_CONTROL] = *control;
  sets.epochs.bytes[0] ^= epochs;
  topo_wire_put_sets(out, &sets);
}

void lone_put_page(struct topo_buf *out, const struct topo_session_set *rows, size_t n)
{
  size_t start = topo_wire_begin(out, TOPO_WIRE_PAGE);
  topo_buf_put_u8(out, TOPO_PAGE_OF_ROWS);
  for (size_t i = 0; i < n; i++) {
    topo_buf_put_id(out, &rows[i].set);
    topo_buf_put_u64(out, rows[i].count);
    topo_buf_put_id(out, &rows[i].digest);
  }
  topo_wire_end(out, start);
}

void lone_tell_epochs(struct lone *l, const struct topo_session_set *rows, size_t n)
{
  lone_put_sets(&l->bytes, NULL, true);
  assert_int_equal(lone_inject(l, CONTROL), 0);
  lone_put_page(&l->bytes, rows, n);
  assert_int_equal(lone_inject(l, CONTROL), 0);
}

void lone_frame(struct topo_buf *out, unsigned kind, const void *payload, size_t len)
{
  size_t start = topo_wire_begin(out, (enum topo_wire_kind)kind);
  topo_buf_put(out, payload, len);
  topo_wire_end(out, start);
}
