/*
 * fuzz_event.c - any bytes as an event, as the plaintext of content and as the body of every type.
 *
 * Properties: what decodes is written back the same; views lie inside the input; a body that a type
 * reads is encoded to the same bytes.
 */
#include "base/assert.h"
#include "base/status.h"
#include "dag/envelope.h"
#include "dag/type.h"
#include "events/types.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct topo_bytes view, struct topo_bytes of)
{
  topo_assert(view.len <= of.len);
  topo_assert(view.len == 0 || (view.data >= of.data && view.data + view.len <= of.data + of.len));
}

static void try_body(const struct topo_type *type, struct topo_bytes body)
{
  struct topo_value values[TOPO_FIELDS_MAX] = {{0}};
  struct topo_buf again = {0};
  struct topo_act act = {0};
  struct topo_dependency deps[TOPO_DEPENDENCIES_MAX];
  if (topo_fields_decode(type->fields, body, values) < 0)
    return;
  topo_assert(topo_fields_encode(type->fields, values, &again) == 0);
  topo_assert(again.len == body.len && (!body.len || memcmp(again.data, body.data, body.len) == 0));
  topo_buf_finish(&again);
  if (type->act && type->act(values, &act) == 0)
    topo_assert(act.kind != TOPO_ACT_OTHER && act.role < TOPO_ROLES);
  if (type->right)
    topo_assert(type->right(values) < TOPO_RIGHTS);
  if (type->depends)
    topo_assert(type->depends(values, deps) <= TOPO_DEPENDENCIES_MAX);
}

static void try_bodies(struct topo_bytes body)
{
  for (const struct topo_type *const *t = topo_types; *t; t++)
    try_body(*t, body);
}

/* The header alone: the signature is a fuzzer's, so it is left out of the comparison. */
static void write_back(const struct topo_envelope *e, struct topo_bytes raw)
{
  struct topo_buf out = {0};
  if (e->kind == TOPO_CONTENT) {
    topo_assert(topo_envelope_write_content(&out, e) == 0);
  } else {
    static const struct topo_context nowhere;
    struct topo_sign_key key = {.public_key = e->signer};
    topo_assert(topo_envelope_write_control(&out, e, &nowhere, &key) == 0);
    topo_assert(out.len == raw.len);
    out.len -= TOPO_SIG_SIZE;
  }
  topo_assert(out.len <= raw.len && memcmp(out.data, raw.data, out.len) == 0);
  topo_buf_finish(&out);
}

static void try_event(struct topo_bytes raw)
{
  struct topo_context context = {{{1}}, {{1}}};
  struct topo_envelope e;
  int status = topo_envelope_decode(&e, &context, raw);
  topo_assert(status == 0 || status == TOPO_EMALFORMED || status == TOPO_ELOCALTYPE ||
              status == TOPO_EVERSION);
  if (status < 0)
    return;
  topo_assert(e.hlc <= INT64_MAX && e.n_parents <= TOPO_PARENTS_MAX);
  inside(e.body, raw);
  inside(e.sealed, raw);
  write_back(&e, raw);
  try_bodies(e.body);
  if (e.kind == TOPO_CONTROL)
    topo_envelope_verify(&e, &context);
}

static void try_plaintext(struct topo_bytes plain)
{
  struct topo_inner inner;
  if (topo_inner_decode(&inner, plain) < 0)
    return;
  inside(inner.body, plain);
  inside(inner.signed_part, plain);
  topo_assert(inner.signature + TOPO_SIG_SIZE <= plain.data + plain.len);
  try_bodies(inner.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct topo_bytes input = {data, size};
  try_event(input);
  try_plaintext(input);
  try_bodies(input);
  return 0;
}
