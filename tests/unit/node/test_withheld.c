/*
 * test_withheld.c - two peers have an event, and the one that is asked for it withholds it: when
 * the other brings it, nothing is wanted any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "crypto/hpke.h"
#include "node/invite.h"
#include "node/parts.h"
#include "sync/wire.h"
#include "unit/node/solo.h"

enum { TYPE = 0x0777 /* of a control event that nobody knows */ };

/* Somebody else, who says just what the test wants. */
struct peer {
  struct solo *solo;
  uint64_t number;
  struct topo_buf heard; /* on control */
};

static struct topo_work *work; /* that waits to be checked */

static void keep_work(void *ctx, struct topo_work *w)
{
  (void)ctx;
  assert_null(work);
  work = w;
}

static size_t conn_send(void *ctx, unsigned stream, const uint8_t *data, size_t len)
{
  struct peer *p = ctx;
  if (stream == TOPO_STREAM_CONTROL)
    assert_int_equal(topo_buf_put(&p->heard, data, len), 0);
  return len;
}

static void conn_consumed(void *ctx, unsigned stream, size_t len)
{
  (void)ctx, (void)stream, (void)len;
}

static void conn_close(void *ctx, uint64_t code)
{
  (void)ctx, (void)code;
}

static void say(struct peer *p, unsigned stream, struct topo_buf *bytes)
{
  struct topo_input in = {.kind = TOPO_IN_CONN_DATA, .number = p->number};
  in.data.stream = stream;
  in.data.data = bytes->data;
  in.data.len = bytes->len;
  topo_node_step(p->solo->node, p->solo->now, &in, 1);
  topo_buf_finish(bytes);
  if (!work)
    return;
  in = (struct topo_input){.kind = TOPO_IN_CHECKED, .work = work};
  work = NULL;
  topo_batch_check(in.work->batch);
  topo_node_step(p->solo->node, p->solo->now, &in, 1);
}

static void come_up(struct peer *p, struct solo *solo, uint64_t number, const struct topo_id *key)
{
  static const struct topo_conn_ops ops = {conn_send, conn_consumed, conn_close};
  struct topo_input in = {.kind = TOPO_IN_CONN_UP, .number = number};
  struct topo_buf bytes = {0};
  const struct topo_id *workspace = &topo_node_self(solo->node)->workspace;
  *p = (struct peer){.solo = solo, .number = number};
  in.up.conn = (struct topo_conn){&ops, p};
  in.up.peer = *key;
  topo_node_step(solo->node, solo->now, &in, 1);
  topo_wire_put_hello(&bytes, &(struct topo_wire_hello){.version = TOPO_WIRE_VERSION,
                                                        .workspace = *workspace,
                                                        .scope = *workspace});
  say(p, TOPO_STREAM_CONTROL, &bytes);
}

static bool heard(const struct peer *p, uint8_t kind, struct topo_wire_frame *frame)
{
  for (size_t at = 0; at < p->heard.len; at += frame->size) {
    assert_int_equal(topo_wire_split(p->heard.data + at, p->heard.len - at, frame), 1);
    if (frame->kind == kind)
      return true;
  }
  return false;
}

/* Makes a member of a device by an invite; its credential. */
static struct topo_id admit(struct solo *solo, const struct topo_sign_key *device)
{
  static const uint8_t secret[32] = {7};
  struct topo_invite_link invite_link;
  struct topo_sign_key invite_key;
  struct topo_wire_frame frame;
  struct topo_wire_offer offer;
  struct topo_id admission;
  struct topo_buf bytes = {0};
  struct peer p;
  char *json = NULL;
  assert_int_equal(solo_call(solo, "createInvite", NULL, NULL, "{}", &json), 0);
  char *text = strstr(json, "topo://");
  assert_non_null(text);
  *strchr(text, '"') = '\0';
  assert_int_equal(topo_invite_parse(&invite_link, text), 0);
  free(json);
  topo_sign_key_from_seed(&invite_key, invite_link.seed);
  come_up(&p, solo, 1, &invite_key.public_key);
  assert_true(heard(&p, TOPO_WIRE_OFFER, &frame));
  assert_int_equal(topo_wire_get_offer(frame.payload, &offer), 0);
  const struct topo_context *context = topo_dag_context(topo_node_dag(solo->node));
  struct topo_id user = topo_user_of(&context->workspace, &device->public_key);
  struct topo_session_join join = {
      .invite = offer.invite, .slot = offer.slot, .device = device->public_key};
  topo_x25519_public(join.seal_key.bytes, secret);
  topo_countersign(join.countersign, device, context, &user, &offer.auth, &join.seal_key);
  topo_prove_invite(join.proof, &invite_key, context, &offer.invite, offer.slot, &user,
                    &join.device, &join.seal_key);
  topo_wire_put_join(&bytes, &join);
  say(&p, TOPO_STREAM_CONTROL, &bytes);
  assert_true(heard(&p, TOPO_WIRE_WELCOME, &frame));
  assert_int_equal(topo_wire_get_welcome(frame.payload, &admission), 0);
  topo_buf_finish(&p.heard);
  return admission;
}

/* The device's event behind `prev`, which is its first when NULL. */
static struct topo_id write_event(struct solo *solo, const struct topo_sign_key *device,
                                  const struct topo_id *auth, const struct topo_id *prev,
                                  struct topo_buf *out)
{
  const struct topo_context *context = topo_dag_context(topo_node_dag(solo->node));
  struct topo_envelope e = {.kind = TOPO_CONTROL,
                            .type = TYPE,
                            .hlc = solo->now.wall_ms << 16,
                            .seq = prev != NULL,
                            .prev = prev ? *prev : topo_id_zero,
                            .signer = device->public_key,
                            .auth = *auth,
                            .n_parents = 1,
                            .parents = auth->bytes};
  assert_int_equal(topo_envelope_write_control(out, &e, context, device), 0);
  struct topo_envelope decoded;
  assert_int_equal(topo_envelope_decode(&decoded, context, topo_buf_view(out)), 0);
  return decoded.id;
}

static void bring(struct peer *p, const struct topo_buf *event)
{
  struct topo_buf bytes = {0};
  size_t start = topo_wire_begin(&bytes, TOPO_WIRE_EVENTS);
  topo_buf_put_u32(&bytes, (uint32_t)event->len);
  topo_buf_put(&bytes, event->data, event->len);
  topo_wire_end(&bytes, start);
  say(p, TOPO_STREAM_LIVE, &bytes);
}

static struct topo_id recovery_key(struct solo *solo)
{
  const struct topo_authority *a = topo_dag_authority(topo_node_dag(solo->node));
  for (int32_t i = 0; i < topo_authority_count(a); i++)
    if (topo_authority_at(a, i)->kind == TOPO_ACT_GENESIS)
      return topo_authority_at(a, i)->credential.device;
  fail_msg("there is no genesis");
  return topo_id_zero;
}

static void what_another_peer_brings_is_not_wanted_any_more(void **state)
{
  (void)state;
  static const uint8_t seed[32] = {5};
  struct solo solo;
  struct topo_sign_key device;
  struct peer withholds, brings;
  struct topo_buf first = {0}, second = {0};
  struct topo_wire_frame frame;
  topo_sign_key_from_seed(&device, seed);
  solo_init(&solo, 1);
  solo.ports.check = keep_work;
  assert_int_equal(solo_create(&solo), 0);
  struct topo_id credential = admit(&solo, &device), other = recovery_key(&solo);
  struct topo_id id = write_event(&solo, &device, &credential, NULL, &first);
  write_event(&solo, &device, &credential, &id, &second);
  come_up(&withholds, &solo, 2, &device.public_key);
  come_up(&brings, &solo, 3, &other);

  bring(&withholds, &second);
  assert_true(heard(&withholds, TOPO_WIRE_WANT, &frame));
  assert_memory_equal(frame.payload.data + 2, id.bytes, sizeof id.bytes);
  assert_false(heard(&brings, TOPO_WIRE_WANT, &frame));
  assert_int_equal(topo_node_status(solo.node).held, 1);
  assert_int_equal(topo_node_status(solo.node).wanted, 1);

  bring(&brings, &first);
  assert_int_equal(topo_node_status(solo.node).held, 0);
  assert_int_equal(topo_node_status(solo.node).wanted, 0);
  topo_buf_finish(&first);
  topo_buf_finish(&second);
  topo_buf_finish(&withholds.heard);
  topo_buf_finish(&brings.heard);
  solo_finish(&solo);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_another_peer_brings_is_not_wanted_any_more),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
