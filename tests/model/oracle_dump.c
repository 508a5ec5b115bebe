/*
 * oracle_dump.c - item sets, trust and projection: what a judged set of events means.
 */
#include "base/assert.h"
#include "model/oracle_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void oracle_ids_finish(struct oracle_ids *ids)
{
  if (!ids)
    return;
  free(ids->ids);
  *ids = (struct oracle_ids){0};
}

static void add_id(struct oracle_ids *ids, const struct topo_id *id)
{
  ids->ids = realloc(ids->ids, (ids->n + 1) * sizeof *ids->ids);
  topo_assert(ids->ids);
  ids->ids[ids->n++] = *id;
}

static int compare_ids(const void *a, const void *b)
{
  return topo_id_compare(a, b);
}

static void sort_ids(struct oracle_ids *ids)
{
  size_t n = 0;
  if (ids->n)
    qsort(ids->ids, ids->n, sizeof *ids->ids, compare_ids);
  for (size_t i = 0; i < ids->n; i++)
    if (i == 0 || !topo_id_equal(&ids->ids[n - 1], &ids->ids[i]))
      ids->ids[n++] = ids->ids[i];
  ids->n = n;
}

bool oracle_is_item(const struct oracle_result *result, const struct oracle_event *e)
{
  if (e->kind == ORACLE_KIND_CONTROL)
    return e->admitted;
  const struct oracle_event *auth = e->authentic ? oracle_find(result, &e->auth) : NULL;
  return auth && oracle_is_credential(auth) && topo_id_equal(&auth->credential.device, &e->device);
}

struct oracle_ids oracle_item_set(const struct oracle_result *result, const struct topo_id *set)
{
  struct oracle_ids ids = {0};
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *e = &result->events[i];
    if (topo_id_equal(&e->epoch, set) && oracle_is_item(result, e))
      add_id(&ids, &e->id);
  }
  return ids;
}

struct oracle_ids oracle_epochs(const struct oracle_result *result)
{
  struct oracle_ids ids = {0};
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *e = &result->events[i];
    if (e->admitted && e->type == ORACLE_EPOCH && e->readable)
      add_id(&ids, &e->id);
  }
  return ids;
}

static bool slot_is_taken(const struct oracle_result *result, const struct topo_id *invite,
                          size_t slot)
{
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *a = &result->events[i];
    if (a->type == ORACLE_ADMISSION && oracle_is_credential(a) && a->credential.valid &&
        topo_id_equal(&a->body.invite, invite) && a->body.slot == slot)
      return true;
  }
  return false;
}

static bool has_open_slot(const struct oracle_result *result, const struct oracle_event *invite,
                          const struct topo_id *device)
{
  if (invite->type != ORACLE_INVITE || !invite->admitted ||
      !oracle_find(result, &invite->auth)->credential.valid)
    return false;
  for (size_t slot = 0; slot < invite->body.n_slots; slot++) {
    struct topo_id owner = oracle_id_at(invite->body.slots, slot);
    if (topo_id_equal(&owner, device) && !slot_is_taken(result, &invite->id, slot))
      return true;
  }
  return false;
}

struct oracle_ids oracle_trust(const struct oracle_result *result, const struct topo_id *device)
{
  struct oracle_ids ids = {0};
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *e = &result->events[i];
    if (oracle_is_credential(e) && e->credential.valid)
      add_id(&ids, &e->credential.device);
    if (has_open_slot(result, e, device))
      add_id(&ids, &e->body.invite_key);
  }
  sort_ids(&ids);
  return ids;
}

/* A text of lines that are sorted, and made unique, before they are written out. */
struct lines {
  char **line;
  size_t n;
};

static char *hex_of(const uint8_t *data, size_t len)
{
  char *out = malloc(2 * len + 1);
  topo_assert(out);
  for (size_t i = 0; i < len; i++)
    snprintf(out + 2 * i, 3, "%02x", data[i]);
  out[2 * len] = 0;
  return out;
}

static void add_line(struct lines *lines, struct topo_buf *words)
{
  topo_buf_put_u8(words, 0);
  topo_assert(!words->failed);
  lines->line = realloc(lines->line, (lines->n + 1) * sizeof *lines->line);
  topo_assert(lines->line);
  lines->line[lines->n++] = (char *)words->data;
}

static void put_word(struct topo_buf *words, const char *word)
{
  if (words->len)
    topo_buf_put(words, " ", 1);
  topo_buf_put(words, word, strlen(word));
}

static void put_hex(struct topo_buf *words, const uint8_t *data, size_t len)
{
  char *hex = hex_of(data, len);
  put_word(words, hex);
  free(hex);
}

static void put_id(struct topo_buf *words, const struct topo_id *id)
{
  put_hex(words, id->bytes, TOPO_ID_SIZE);
}

static void put_number(struct topo_buf *words, uint64_t n)
{
  char decimal[24];
  snprintf(decimal, sizeof decimal, "%" PRIu64, n);
  put_word(words, decimal);
}

static int compare_lines(const void *a, const void *b)
{
  return strcmp(*(char *const *)a, *(char *const *)b);
}

static void write_lines(struct lines *lines, struct topo_buf *out)
{
  if (lines->n)
    qsort(lines->line, lines->n, sizeof *lines->line, compare_lines);
  for (size_t i = 0; i < lines->n; i++) {
    if (i == 0 || strcmp(lines->line[i - 1], lines->line[i]) != 0) {
      topo_buf_put(out, lines->line[i], strlen(lines->line[i]));
      topo_buf_put(out, "\n", 1);
    }
  }
  for (size_t i = 0; i < lines->n; i++)
    free(lines->line[i]);
  free(lines->line);
  topo_assert(!out->failed);
}

static void add_credential(struct lines *lines, const struct oracle_event *e)
{
  struct topo_buf words = {0};
  put_word(&words, "credential");
  put_id(&words, &e->id);
  put_id(&words, &e->credential.device);
  put_id(&words, &e->credential.user);
  put_number(&words, e->credential.role);
  add_line(lines, &words);
}

/* One line for the user of credential e, written for each of its credentials alike and once in the
 * end. */
static void add_member(struct lines *lines, const struct oracle_result *result,
                       const struct oracle_event *e)
{
  struct topo_buf words = {0};
  const struct oracle_event *senior = e;
  uint64_t n = 0;
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *l = &result->events[i];
    if (!oracle_is_credential(l) || !l->credential.valid ||
        !topo_id_equal(&l->credential.user, &e->credential.user))
      continue;
    n++;
    if (oracle_key_compare(l, senior) < 0)
      senior = l;
  }
  put_word(&words, "member");
  put_id(&words, &e->credential.user);
  put_number(&words, senior->credential.role);
  put_number(&words, n);
  add_line(lines, &words);
}

static const struct topo_id *user_of(const struct oracle_result *result,
                                     const struct oracle_event *e)
{
  return &oracle_find(result, &e->auth)->credential.user;
}

static bool same_profile(const struct oracle_result *result, const struct oracle_event *a,
                         const struct oracle_event *b)
{
  return b->type == ORACLE_PROFILE && b->verdict == ORACLE_ACCEPTED &&
         a->body.profile_of == b->body.profile_of &&
         (a->body.profile_of == 1 || topo_id_equal(user_of(result, a), user_of(result, b)));
}

/* The greatest version that is in reach: no more than 65,536 over one that is, or over 0. */
static uint64_t reached(const struct oracle_result *result, const struct oracle_event *profile)
{
  uint64_t version = 0, before;
  do {
    before = version;
    for (size_t i = 0; i < result->n_events; i++) {
      const struct oracle_event *other = &result->events[i];
      if (same_profile(result, profile, other) && other->body.version > version &&
          other->body.version - version <= 65536)
        version = other->body.version;
    }
  } while (version > before);
  return version;
}

/* The accepted profile of the entity with the greatest (version, hlc, id) counts, of those whose
 * version is in reach. */
static bool counts(const struct oracle_result *result, const struct oracle_event *profile)
{
  if (profile->body.version != reached(result, profile))
    return false;
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *other = &result->events[i];
    if (same_profile(result, profile, other) && other->body.version == profile->body.version &&
        (other->hlc > profile->hlc ||
         (other->hlc == profile->hlc && topo_id_compare(&other->id, &profile->id) > 0)))
      return false;
  }
  return true;
}

static void add_content(struct lines *lines, const struct oracle_result *result,
                        const struct oracle_event *e)
{
  struct topo_buf words = {0};
  if (e->type == ORACLE_CHANNEL || e->type == ORACLE_MESSAGE) {
    put_word(&words, e->type == ORACLE_CHANNEL ? "channel" : "message");
    put_id(&words, &e->id);
    if (e->type == ORACLE_MESSAGE)
      put_id(&words, &e->body.target);
    put_id(&words, user_of(result, e));
    put_number(&words, e->hlc);
  } else if (e->type == ORACLE_REACTION) {
    put_word(&words, "reaction");
    put_id(&words, &e->body.target);
    put_id(&words, user_of(result, e));
  } else if (e->type == ORACLE_PROFILE && counts(result, e)) {
    put_word(&words, e->body.profile_of == 1 ? "workspace" : "profile");
    if (e->body.profile_of == 0)
      put_id(&words, user_of(result, e));
  } else {
    return;
  }
  put_hex(&words, e->body.text.data, e->body.text.len);
  add_line(lines, &words);
}

void oracle_dump(const struct oracle_result *result, struct topo_buf *out)
{
  struct lines lines = {0};
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *e = &result->events[i];
    if (oracle_is_credential(e) && e->credential.valid) {
      add_credential(&lines, e);
      add_member(&lines, result, e);
    }
    if (e->kind == ORACLE_KIND_CONTENT && e->verdict == ORACLE_ACCEPTED)
      add_content(&lines, result, e);
  }
  write_lines(&lines, out);
}

void oracle_dump_judgement(const struct oracle_result *result, struct topo_buf *out)
{
  struct lines lines = {0};
  for (size_t i = 0; i < result->n_events; i++) {
    const struct oracle_event *e = &result->events[i];
    struct topo_buf words = {0};
    put_id(&words, &e->id);
    put_word(&words, oracle_verdict_name(e->verdict));
    put_word(&words, oracle_is_item(result, e) ? "item" : "-");
    if (oracle_is_credential(e)) {
      put_id(&words, &e->credential.device);
      put_id(&words, &e->credential.user);
      put_id(&words, &e->credential.grant);
      put_number(&words, e->credential.role);
      put_number(&words, e->credential.depth);
      put_number(&words, e->credential.credential_depth);
      put_word(&words, e->credential.valid ? "stands" : "void");
    }
    add_line(&lines, &words);
  }
  write_lines(&lines, out);
}
