/*
 * workspace.c - a workspace of two, from its founding to a short conversation: its keys, its
 * events, what follows from them, and all that its two devices have said to each other.
 */
#include "vectors/vectors.h"

#include "crypto/hpke.h"
#include "crypto/lthash.h"
#include "dag/project.h"
#include "dag/stored.h"
#include "events/types.h"
#include "node/record.h"
#include "vectors/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CIPHERTEXT = 48, WRAP_ENTRY = 112, TEXT_ID = 43 };

static const char *const names[PAIR_SIDES] = {"founder", "joiner"};

static const struct topo_self *self_of(struct pair *p, unsigned side)
{
  return topo_node_self(p->sides[side].node);
}

static struct topo_dag *dag_of(struct pair *p, unsigned side)
{
  return topo_node_dag(p->sides[side].node);
}

/* A local value of a side: a secret that the vectors show. */
static void read_local(struct pair *p, unsigned side, const char *name, struct topo_buf *out)
{
  struct topo_stmt *s =
      topo_stmt(topo_node_db(p->sides[side].node), "SELECT value FROM local_value WHERE name=?1");
  topo_bind_text(s, 1, (const uint8_t *)name, strlen(name));
  must(topo_fetch(s) == 1);
  struct topo_bytes value = topo_column_bytes(s, 0);
  topo_buf_put(out, value.data, value.len);
  must(!out->failed);
  topo_reset(s);
}

static void put_local(struct out *out, const char *key, struct pair *p, unsigned side,
                      const char *name)
{
  struct topo_buf value = {0};
  read_local(p, side, name, &value);
  out_hex(out, key, value.data, value.len);
  topo_buf_wipe(&value);
}

static void put_device(struct out *out, struct pair *p, unsigned side)
{
  const struct topo_self *self = self_of(p, side);
  const struct topo_authority_node *credential = topo_authority_credential_of(
      topo_dag_authority(dag_of(p, PAIR_FOUNDER)), &self->device.public_key);
  char sni[TOPO_SNI_SIZE];
  must(credential != NULL);
  topo_sni(sni, &self->workspace, &self->device.public_key);
  out_begin_object(out, names[side]);
  out_hex(out, "seed", self->device.seed, sizeof self->device.seed);
  out_id(out, "key", &self->device.public_key);
  out_hex(out, "seal_secret", self->seal_secret, sizeof self->seal_secret);
  out_id(out, "seal_key", &self->seal_key);
  out_id(out, "user", &topo_node_credential(credential)->user);
  out_id(out, "credential", &credential->id);
  out_text(out, "sni", sni);
  out_end(out);
}

/* ---- the invite -------------------------------------------------------------------------------
 */

struct invite {
  struct topo_id event;
  char *invite_link;
};

/* The link as the answer has it. */
static struct invite make_invite(struct pair *p)
{
  struct invite invite = {.invite_link = NULL};
  char *answer = pair_call(p, PAIR_FOUNDER, "createInvite", NULL, NULL, "{}");
  const char *invite_link = strstr(answer, "topo://");
  must(invite_link && strchr(invite_link, '"'));
  invite.invite_link = strndup(invite_link, (size_t)(strchr(invite_link, '"') - invite_link));
  must(invite.invite_link != NULL);
  free(answer);
  const struct topo_authority *a = topo_dag_authority(dag_of(p, PAIR_FOUNDER));
  for (int32_t i = 0; i < topo_authority_count(a); i++)
    if (topo_authority_at(a, i)->kind == TOPO_ACT_INVITE)
      invite.event = topo_authority_at(a, i)->id;
  return invite;
}

static void put_invite(struct out *out, struct pair *p, const struct invite *invite,
                       const uint8_t seed[static 32])
{
  struct topo_sign_key key;
  const struct topo_authority_node *node =
      topo_authority_find(topo_dag_authority(dag_of(p, PAIR_FOUNDER)), &invite->event);
  topo_sign_key_from_seed(&key, seed);
  must(node && topo_id_equal(&node->invite.key, &key.public_key));
  out_begin_object(out, "invite");
  out_hex(out, "seed", seed, 32);
  out_id(out, "key", &key.public_key);
  out_id(out, "event", &invite->event);
  out_text(out, "address", "192.0.2.1:7444");
  out_text(out, "link", invite->invite_link);
  out_end(out);
}

/* ---- events -----------------------------------------------------------------------------------
 */

static const struct topo_epoch_key *only_key(struct pair *p)
{
  const struct topo_keyring *keys = topo_dag_keyring(dag_of(p, PAIR_FOUNDER));
  must(keys->n == 1);
  return &keys->keys[0];
}

static void put_epoch(struct out *out, struct pair *p)
{
  const struct topo_epoch_key *key = only_key(p);
  struct topo_id commitment = topo_epoch_commitment(key->secret);
  out_begin_object(out, "epoch");
  out_id(out, "id", &key->epoch);
  out_hex(out, "secret", key->secret, 32);
  out_id(out, "commitment", &commitment);
  out_hex(out, "header_key", key->header_key, 32);
  out_hex(out, "root", key->root, 32);
  out_begin_list(out, "leaves");
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    for (uint32_t seq = 0; seq < TOPO_GGM_SEQ_LIMIT; seq = seq ? seq * 1023 + 2 : 1) {
      uint8_t tag[TOPO_TAG_SIZE], leaf[32];
      topo_chain_tag(tag, key, &self_of(p, i)->device.public_key);
      topo_ggm_leaf(leaf, key->root, topo_get_be64(tag), seq, NULL);
      out_begin_object(out, NULL);
      out_id(out, "device", &self_of(p, i)->device.public_key);
      out_hex(out, "tag", tag, sizeof tag);
      out_number(out, "seq", seq);
      out_hex(out, "leaf", leaf, sizeof leaf);
      out_end(out);
    }
  out_end(out);
  out_end(out);
}

static void put_event(struct out *out, struct pair *p, struct topo_bytes raw)
{
  struct topo_envelope e;
  struct topo_inner inner;
  struct topo_buf plain = {0};
  const struct topo_context *context = topo_dag_context(dag_of(p, PAIR_FOUNDER));
  must(topo_envelope_decode(&e, context, raw) == 0);
  out_begin_object(out, NULL);
  out_id(out, "id", &e.id);
  out_hex(out, "bytes", raw.data, raw.len);
  if (e.kind == TOPO_CONTENT) {
    must(topo_content_open(only_key(p), context, &e, NULL, &plain, &inner) == 0);
    out_hex(out, "plaintext", plain.data, plain.len);
  }
  out_end(out);
  topo_buf_wipe(&plain);
}

static void put_events(struct out *out, struct pair *p)
{
  struct topo_stmt *s = topo_stmt(topo_node_db(p->sides[PAIR_FOUNDER].node),
                                  "SELECT b.bytes FROM event e JOIN body b ON b.no=e.no"
                                  " WHERE e.state>=2 ORDER BY e.hlc,e.id");
  out_begin_list(out, "events");
  while (topo_fetch(s) == 1)
    put_event(out, p, topo_column_bytes(s, 0));
  out_end(out);
}

static void put_record(struct out *out, struct pair *p, struct topo_bytes raw)
{
  struct topo_envelope e;
  struct topo_record record;
  must(topo_envelope_decode(&e, topo_dag_context(dag_of(p, PAIR_FOUNDER)), raw) == 0);
  must(topo_record_decode(&record, e.body) == 0);
  out_begin_object(out, NULL);
  out_id(out, "id", &e.id);
  out_hex(out, "bytes", raw.data, raw.len);
  out_id(out, "device", &e.signer);
  out_number(out, "seq", e.hlc);
  out_begin_list(out, "types");
  for (unsigned i = 0; i < record.n_types; i++)
    out_number(out, NULL, record.types[i]);
  out_end(out);
  out_begin_list(out, "addresses");
  for (unsigned i = 0; i < record.n_addresses; i++)
    out_hex(out, NULL, record.addresses[i].bytes, record.addresses[i].len);
  out_end(out);
  out_end(out);
}

/* Device records, which both sides have. */
static void put_records(struct out *out, struct pair *p)
{
  struct topo_stmt *s = topo_stmt(topo_node_db(p->sides[PAIR_FOUNDER].node),
                                  "SELECT bytes FROM local_record ORDER BY device");
  out_begin_list(out, "records");
  while (topo_fetch(s) == 1)
    put_record(out, p, topo_column_bytes(s, 0));
  out_end(out);
}

/* The keying material among all that its author has drawn. */
static void put_ikm(struct out *out, struct pair *p, const uint8_t enc[static 32])
{
  const struct topo_buf *chance = &p->sides[PAIR_FOUNDER].chance;
  uint8_t secret[32], public_key[32];
  for (size_t at = 0; at < chance->len; at += 32) {
    topo_hpke_derive_key(secret, public_key, chance->data + at, 32);
    if (memcmp(public_key, enc, 32) != 0)
      continue;
    out_hex(out, "ikm", chance->data + at, 32);
    return;
  }
  must(false);
}

static void put_wrap(struct out *out, struct pair *p, const struct topo_authority_node *node)
{
  struct topo_opened opened = {0};
  struct topo_act act;
  must(topo_open_row(dag_of(p, PAIR_FOUNDER), node->no, &opened) == 0);
  must(topo_act_of(dag_of(p, PAIR_FOUNDER), &opened.envelope, &act) == 0);
  for (size_t at = 0; at < act.wraps.len; at += WRAP_ENTRY) {
    const uint8_t *entry = act.wraps.data + at;
    out_begin_object(out, NULL);
    out_id(out, "event", &node->id);
    out_id(out, "epoch", &act.epoch);
    out_hex(out, "credential", entry, 32);
    put_ikm(out, p, entry + 32);
    out_hex(out, "enc", entry + 32, 32);
    out_hex(out, "ciphertext", entry + 64, CIPHERTEXT);
    out_end(out);
  }
  topo_opened_finish(&opened);
}

static void put_wraps(struct out *out, struct pair *p)
{
  const struct topo_authority *a = topo_dag_authority(dag_of(p, PAIR_FOUNDER));
  out_begin_list(out, "wraps");
  for (int32_t i = 0; i < topo_authority_count(a); i++)
    if (topo_authority_at(a, i)->kind == TOPO_ACT_WRAP)
      put_wrap(out, p, topo_authority_at(a, i));
  out_end(out);
}

/* ---- what follows from them -------------------------------------------------------------------
 */

/* A column as a letter and hexadecimal: `i` a number, `b` bytes. */
static void put_column(struct out *out, struct topo_stmt *s, int column)
{
  char text[4096];
  struct topo_bytes bytes = {NULL, 0};
  uint8_t number[8];
  bool integer = topo_column_is_integer(s, column);
  topo_put_be64(number, integer ? (uint64_t)topo_column_i64(s, column) : 0);
  bytes = integer ? (struct topo_bytes){number, sizeof number} : topo_column_bytes(s, column);
  must(2 * bytes.len + 2 <= sizeof text);
  text[0] = integer ? 'i' : 'b';
  text[1] = '\0';
  for (size_t i = 0; i < bytes.len; i++)
    snprintf(text + 1 + 2 * i, 3, "%02x", bytes.data[i]);
  out_text(out, NULL, text);
}

static void put_rows(struct out *out, struct pair *p, const char *name, const char *const *selects)
{
  out_begin_list(out, name);
  for (; *selects; selects++) {
    struct topo_stmt *s = topo_stmt(topo_node_db(p->sides[PAIR_FOUNDER].node), *selects);
    while (topo_fetch(s) == 1) {
      out_begin_list(out, NULL);
      for (int i = 0; i < topo_column_count(s); i++)
        put_column(out, s, i);
      out_end(out);
    }
  }
  out_end(out);
}

static void put_state(struct out *out, struct pair *p)
{
  struct topo_id fingerprints[PAIR_SIDES];
  out_begin_object(out, "tables");
  put_rows(out, p, "credential", topo_credential_fingerprint);
  for (const struct topo_type *const *t = topo_types; *t; t++)
    if ((*t)->fingerprint)
      put_rows(out, p, (*t)->name, (*t)->fingerprint);
  out_end(out);
  for (unsigned i = 0; i < PAIR_SIDES; i++)
    must(topo_dag_fingerprint(topo_node_db(p->sides[i].node), topo_types, &fingerprints[i]) == 0);
  must(topo_id_equal(&fingerprints[0], &fingerprints[1]));
  out_id(out, "fingerprint", &fingerprints[0]);
}

/* ---- what was said ----------------------------------------------------------------------------
 */

static void put_sent(struct out *out, const struct pair_sent *sent)
{
  static const char *const streams[PAIR_STREAMS] = {"control", "bulk", "live"};
  out_begin_object(out, NULL);
  out_text(out, "from", names[sent->from]);
  if (sent->end) {
    out_number(out, "close", sent->code);
  } else {
    out_text(out, "stream", streams[sent->stream]);
    out_hex(out, "frame", sent->frame.data, sent->frame.len);
  }
  out_end(out);
}

static void put_connection(struct out *out, const struct pair *p, unsigned number)
{
  const struct pair_sent *sent = (const struct pair_sent *)(const void *)p->sent.data;
  size_t n = p->sent.len / sizeof *sent;
  out_begin_object(out, NULL);
  for (size_t i = 0; i < n; i++)
    if (sent[i].connection == number && sent[i].dialler) {
      out_text(out, "dialler", names[sent[i].from]);
      break;
    }
  out_hex(out, "shows", p->shown.data + (size_t)TOPO_ID_SIZE * number, TOPO_ID_SIZE);
  out_begin_list(out, "sent");
  for (size_t i = 0; i < n; i++)
    if (sent[i].connection == number)
      put_sent(out, &sent[i]);
  out_end(out);
  out_end(out);
}

static void write_session(const char *folder, const struct pair *p)
{
  struct out *out = out_open(folder, "session.json");
  out_begin_list(out, "connections");
  for (unsigned i = 0; i < p->connections; i++)
    put_connection(out, p, i);
  out_end(out);
  out_close(out);
}

/* ---- the story --------------------------------------------------------------------------------
 */

/* The 43 characters of the id behind `"name":"` in an answer. */
static void id_in(char out[static TEXT_ID + 1], const char *answer, const char *name)
{
  char pattern[64];
  snprintf(pattern, sizeof pattern, "\"%s\":\"", name);
  const char *at = strstr(answer, pattern);
  must(at && strlen(at) > strlen(pattern) + TEXT_ID);
  memcpy(out, at + strlen(pattern), TEXT_ID);
  out[TEXT_ID] = '\0';
}

static void converse(struct pair *p)
{
  char channel[TEXT_ID + 1], message[TEXT_ID + 1];
  char *answer = pair_call(p, PAIR_FOUNDER, "createChannel", NULL, NULL, "{\"name\":\"tea\"}");
  id_in(channel, answer, "channel");
  free(answer);
  pair_run_until_quiet(p);
  answer = pair_call(p, PAIR_FOUNDER, "sendMessage", "channel", channel,
                     "{\"text\":\"Is the kettle on?\"}");
  id_in(message, answer, "message");
  free(answer);
  pair_run_until_quiet(p);
  free(pair_call(p, PAIR_JOINER, "sendMessage", "channel", channel, "{\"text\":\"It sings.\"}"));
  free(pair_call(p, PAIR_JOINER, "addReaction", "message", message, "{\"emoji\":\"+1\"}"));
  pair_run_until_quiet(p);
}

void vectors_workspace(const char *folder)
{
  struct pair p;
  uint8_t seed[32];
  pair_create(&p, "Tea", "ada");
  struct topo_buf *chance = &p.sides[PAIR_FOUNDER].chance;
  size_t drawn = chance->len;
  struct invite invite = make_invite(&p);
  must(chance->len >= drawn + 32); /* the seed is the first that it draws */
  memcpy(seed, chance->data + drawn, 32);
  pair_join(&p, invite.invite_link, "bo");
  converse(&p);

  struct out *out = out_open(folder, "workspace.json");
  out_id(out, "workspace", &self_of(&p, PAIR_FOUNDER)->workspace);
  put_local(out, "genesis_seed", &p, PAIR_FOUNDER, "genesis_seed");
  put_local(out, "genesis_seal_secret", &p, PAIR_FOUNDER, "genesis_seal_secret");
  put_device(out, &p, PAIR_FOUNDER);
  put_device(out, &p, PAIR_JOINER);
  put_invite(out, &p, &invite, seed);
  put_epoch(out, &p);
  put_events(out, &p);
  put_records(out, &p);
  put_wraps(out, &p);
  put_state(out, &p);
  out_close(out);
  write_session(folder, &p);
  free(invite.invite_link);
  pair_destroy(&p);
}
