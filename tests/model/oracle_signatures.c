/*
 * oracle_signatures.c - what is signed by whom, chapters 2 and 3, and a memory of what was judged.
 */
#include "base/assert.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "model/oracle_internal.h"

#include <stdlib.h>
#include <string.h>

#define ASCII(s) ((struct topo_bytes){(const uint8_t *)(s), sizeof(s) - 1})

/* An open-addressed table; a zero key is an empty place. */
struct oracle_memo {
  struct entry {
    struct topo_id key;
    bool valid;
  } * entries;
  size_t n, cap;
};

struct oracle_memo *oracle_memo_create(void)
{
  struct oracle_memo *memo = calloc(1, sizeof *memo);
  topo_assert(memo);
  return memo;
}

void oracle_memo_destroy(struct oracle_memo *memo)
{
  if (!memo)
    return;
  free(memo->entries);
  free(memo);
}

static struct entry *position_of(struct entry *entries, size_t cap, const struct topo_id *key)
{
  size_t i = (size_t)topo_get_be64(key->bytes) & (cap - 1);
  while (!topo_id_is_zero(&entries[i].key) && !topo_id_equal(&entries[i].key, key))
    i = (i + 1) & (cap - 1);
  return &entries[i];
}

static void grow(struct oracle_memo *memo)
{
  size_t cap = memo->cap ? memo->cap * 2 : 1024;
  struct entry *entries = calloc(cap, sizeof *entries);
  topo_assert(entries);
  for (size_t i = 0; i < memo->cap; i++)
    if (!topo_id_is_zero(&memo->entries[i].key))
      *position_of(entries, cap, &memo->entries[i].key) = memo->entries[i];
  free(memo->entries);
  memo->entries = entries;
  memo->cap = cap;
}

bool oracle_signed(struct oracle_memo *memo, struct topo_bytes sig, const struct topo_id *key,
                   const struct topo_bytes *parts, size_t n)
{
  if (!memo)
    return topo_verify(sig.data, key, parts, n) == 0;
  struct topo_bytes all[9] = {sig, {key->bytes, 32}};
  struct topo_id question;
  topo_assert(n <= 7);
  memcpy(all + 2, parts, n * sizeof *parts);
  topo_hash(question.bytes, all, n + 2);
  if (memo->n * 2 >= memo->cap)
    grow(memo);
  struct entry *entry = position_of(memo->entries, memo->cap, &question);
  if (topo_id_is_zero(&entry->key)) {
    *entry = (struct entry){question, topo_verify(sig.data, key, parts, n) == 0};
    memo->n++;
  }
  return entry->valid;
}

bool oracle_own_signature(struct oracle_memo *memo, const struct oracle_event *e,
                          const struct topo_id *workspace)
{
  uint8_t context[ORACLE_CONTEXT_SIZE];
  bool genesis = e->kind == ORACLE_KIND_CONTROL && e->type == ORACLE_WORKSPACE;
  oracle_context(context, genesis ? &topo_id_zero : workspace);
  struct topo_bytes control[] = {ASCII("topo/1 control"),
                                 {context, sizeof context},
                                 {e->bytes.data, e->bytes.len - TOPO_SIG_SIZE}};
  if (e->kind == ORACLE_KIND_CONTROL)
    return oracle_signed(memo, e->signature, &e->device, control, 3);
  struct topo_bytes content[] = {ASCII("topo/1 content"),
                                 {context, sizeof context},
                                 {e->bytes.data, 94},
                                 {e->plain, 32 + 32 + 2 + 2 + e->payload.len}};
  return oracle_signed(memo, e->signature, &e->device, content, 4);
}

bool oracle_countersigned(struct oracle_memo *memo, const struct oracle_event *e,
                          const struct topo_id *workspace, const struct topo_id *user)
{
  uint8_t context[ORACLE_CONTEXT_SIZE];
  oracle_context(context, workspace);
  struct topo_bytes parts[] = {ASCII("topo/1 countersign"), {context, sizeof context},
                               {user->bytes, 32},           {e->auth.bytes, 32},
                               {e->body.device.bytes, 32},  {e->body.seal_key.bytes, 32}};
  return oracle_signed(memo, e->body.countersign, &e->body.device, parts, 6);
}

bool oracle_proved(struct oracle_memo *memo, const struct oracle_event *e,
                   const struct topo_id *workspace, const struct topo_id *invite_key,
                   const struct topo_id *user)
{
  uint8_t context[ORACLE_CONTEXT_SIZE];
  uint8_t slot[2] = {(uint8_t)(e->body.slot >> 8), (uint8_t)e->body.slot};
  oracle_context(context, workspace);
  struct topo_bytes parts[] = {
      ASCII("topo/1 admission"), {context, sizeof context},  {e->body.invite.bytes, 32},  {slot, 2},
      {user->bytes, 32},         {e->body.device.bytes, 32}, {e->body.seal_key.bytes, 32}};
  return oracle_signed(memo, e->body.proof, invite_key, parts, 7);
}

struct topo_id oracle_root_user(const struct topo_id *workspace, const struct topo_id *device)
{
  struct topo_id user;
  struct topo_bytes parts[] = {ASCII("topo/1 user"), {workspace->bytes, 32}, {device->bytes, 32}};
  topo_hash(user.bytes, parts, 3);
  return user;
}
