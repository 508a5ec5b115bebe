/*
 * test_golden.c - transcripts recorded from the reference implementation, replayed byte for byte.
 *
 * The files are tests/golden/negentropy/<name>.txt. A line is a comment (#), a side's frame limit
 * ("A limit,N"), an item ("A item,TIMESTAMP,HEX"; & is both sides) or what a side said: msg, have,
 * need, done. A initiates.
 */
#include "base/status.h"
#include "unit/sync/exchange.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct replay {
  struct exchange x;
  size_t limits[2];
  bool opened;
  struct topo_buf said[2]; /* the last message of each side */
  struct topo_buf line;    /* bytes of the current line's hex */
  struct ids have, need;   /* reported since the last message, and not yet met in the transcript */
  bool done, ended;        /* ours is done; the transcript said so too */
  size_t messages;
};

static unsigned hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return (unsigned)(c - '0');
  assert_in_range(c, 'a', 'f');
  return (unsigned)(c - 'a' + 10);
}

static void parse_hex(struct topo_buf *out, const char *hex)
{
  topo_buf_clear(out);
  for (; *hex; hex += 2)
    topo_buf_put_u8(out, (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1])));
  assert_false(out->failed);
}

static int note_have(void *ctx, const struct topo_id *id)
{
  struct replay *r = ctx;
  ids_add(&r->have, id);
  return 0;
}

static int note_need(void *ctx, const struct topo_id *id)
{
  struct replay *r = ctx;
  ids_add(&r->need, id);
  return 0;
}

static void add_item(struct replay *r, char sides, const char *fields)
{
  char *comma;
  struct topo_item item = {.timestamp = strtoull(fields, &comma, 10)};
  assert_int_equal(*comma, ',');
  parse_hex(&r->line, comma + 1);
  assert_int_equal(r->line.len, sizeof item.id.bytes);
  memcpy(item.id.bytes, r->line.data, sizeof item.id.bytes);
  exchange_add(&r->x, &item, sides != 'B', sides != 'A');
}

static void open_both(struct replay *r)
{
  for (int side = 0; side < 2; side++)
    assert_int_equal(topo_negentropy_init(&r->x.ne[side], &r->x.items[side], r->limits[side],
                                          TOPO_NEGENTROPY_REFERENCE_BUCKETS),
                     0);
  assert_int_equal(topo_negentropy_initiate(&r->x.ne[0], &r->said[0]), 0);
  r->opened = true;
}

/* A side's recorded message must be what ours of that side has said; the other side answers it. */
static void take_message(struct replay *r, int side, const char *hex)
{
  parse_hex(&r->line, hex);
  assert_int_equal(r->said[side].len, r->line.len);
  assert_memory_equal(r->said[side].data, r->line.data, r->line.len);
  assert_int_equal(r->have.n + r->need.n, 0);
  struct topo_bytes message = topo_buf_view(&r->line);
  r->messages++;
  if (side == 0) {
    assert_int_equal(topo_negentropy_respond(&r->x.ne[1], message, &r->said[1]), 0);
    return;
  }
  struct topo_negentropy_sink sink = {note_have, note_need, r};
  assert_int_equal(topo_negentropy_reconcile(&r->x.ne[0], message, &sink, &r->said[0], &r->done),
                   0);
  ids_sort(&r->need);
}

/* The recorded report must be the first of ours that has not been met. */
static void take_report(struct replay *r, struct ids *list, const char *hex)
{
  parse_hex(&r->line, hex);
  assert_true(list->n > 0);
  assert_memory_equal(list->ids[0].bytes, r->line.data, sizeof list->ids[0].bytes);
  list->n--;
  memmove(list->ids, list->ids + 1, list->n * sizeof *list->ids);
}

static void take_line(struct replay *r, const char *line)
{
  int side = line[0] == 'B';
  const char *what = line + 2;
  if (line[0] == '#')
    return;
  if (strncmp(what, "limit,", 6) == 0) {
    r->limits[side] = strtoul(what + 6, NULL, 10);
  } else if (strncmp(what, "item,", 5) == 0) {
    add_item(r, line[0], what + 5);
  } else if (strncmp(what, "msg,", 4) == 0) {
    if (!r->opened)
      open_both(r);
    take_message(r, side, what + 4);
  } else if (strncmp(what, "have,", 5) == 0) {
    take_report(r, &r->have, what + 5);
  } else if (strncmp(what, "need,", 5) == 0) {
    take_report(r, &r->need, what + 5);
  } else {
    assert_string_equal(line, "A done");
    assert_true(r->done);
    assert_int_equal(r->have.n + r->need.n, 0);
    r->ended = true;
  }
}

static void replay_file(const char *name)
{
  char path[1024], *line = NULL;
  const char *folder = getenv("TOPO_SRCDIR");
  size_t cap = 0;
  struct replay r = {0};
  snprintf(path, sizeof path, "%s/tests/golden/negentropy/%s.txt", folder ? folder : ".", name);
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  exchange_init(&r.x);
  while (getline(&line, &cap, f) > 0) {
    line[strcspn(line, "\n")] = 0;
    take_line(&r, line);
  }
  assert_true(r.ended);
  assert_in_range(r.messages, 2, 100);
  fclose(f);
  free(line);
  for (int side = 0; side < 2; side++)
    topo_buf_finish(&r.said[side]);
  topo_buf_finish(&r.line);
  ids_finish(&r.have);
  ids_finish(&r.need);
  exchange_finish(&r.x);
}

/* Goal: our messages and reports are the reference's, byte for byte, in both roles. */
static void both_roles_say_what_the_reference_said(void **state)
{
  replay_file(*state);
}

#define TRANSCRIPT(name)                                                                           \
  {                                                                                                \
    name, both_roles_say_what_the_reference_said, NULL, NULL, (char[])                             \
    {                                                                                              \
      name                                                                                         \
    }                                                                                              \
  }

int main(void)
{
  const struct CMUnitTest tests[] = {
      TRANSCRIPT("empty"),         TRANSCRIPT("one-needed"),
      TRANSCRIPT("one-side-only"), TRANSCRIPT("equal-timestamps"),
      TRANSCRIPT("two-needed"),    TRANSCRIPT("both-limited"),
      TRANSCRIPT("many-rounds"),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
