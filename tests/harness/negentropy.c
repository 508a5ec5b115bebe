/*
 * negentropy.c - speaks the line protocol of the Negentropy project's test harness (its
 * test/cpp/harness.cpp), so that any implementation that has such a harness can be compared with
 * ours.
 *
 *   item,TIMESTAMP,HEXID   adds an item                    (no answer)
 *   seal                   ends the items                  (no answer)
 *   initiate               begins as initiator             msg,HEX
 *   msg,HEX                a message from the peer         have,HEX, need,HEX; msg,HEX or done
 *
 * FRAMESIZELIMIT in the environment is the limit in bytes. Input it does not understand ends it
 * with a line on standard error and status 1. The order of `need` lines is ours: the reference's
 * comes from a hash table.
 */
#include "sync/negentropy.h"
#include "base/status.h"
#include "sync/memset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct harness {
  struct topo_memset *items;
  struct topo_itemset set;
  struct topo_negentropy ne;
  bool sealed;
  struct topo_buf in, out;
};

_Noreturn static void die(const char *what, int status)
{
  fprintf(stderr, "negentropy: %s: %s\n", what, topo_status_text(status));
  exit(1);
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

static int parse_hex(struct topo_buf *out, const char *hex)
{
  topo_buf_clear(out);
  for (; *hex; hex += 2) {
    int high = hex_digit(hex[0]), low = high < 0 ? -1 : hex_digit(hex[1]);
    if (low < 0)
      return TOPO_EINVAL;
    topo_buf_put_u8(out, (uint8_t)(high << 4 | low));
  }
  return out->failed ? TOPO_ENOMEM : 0;
}

static void print_hex(const char *verb, const uint8_t *data, size_t len)
{
  printf("%s,", verb);
  for (size_t i = 0; i < len; i++)
    printf("%02x", data[i]);
  putchar('\n');
}

static int print_have(void *ctx, const struct topo_id *id)
{
  (void)ctx;
  print_hex("have", id->bytes, sizeof id->bytes);
  return 0;
}

static int print_need(void *ctx, const struct topo_id *id)
{
  (void)ctx;
  print_hex("need", id->bytes, sizeof id->bytes);
  return 0;
}

static uint64_t parse_number(const char *text, char **end)
{
  errno = 0;
  uint64_t v = strtoull(text, end, 10);
  if (errno || *end == text)
    die("number", TOPO_EINVAL);
  return v;
}

static void add_item(struct harness *h, const char *fields)
{
  char *comma;
  struct topo_item item = {.timestamp = parse_number(fields, &comma)};
  if (h->sealed || *comma != ',' || parse_hex(&h->in, comma + 1) < 0 ||
      h->in.len != sizeof item.id.bytes)
    die("item", TOPO_EINVAL);
  memcpy(item.id.bytes, h->in.data, sizeof item.id.bytes);
  int status = topo_itemset_insert(&h->set, &item);
  if (status < 0)
    die("item", status);
}

static void seal(struct harness *h)
{
  const char *limit = getenv("FRAMESIZELIMIT");
  char *end;
  size_t bytes = limit ? (size_t)parse_number(limit, &end) : 0;
  int status = topo_negentropy_init(&h->ne, &h->set, bytes, TOPO_NEGENTROPY_REFERENCE_BUCKETS);
  if (status < 0)
    die("seal", status);
  h->sealed = true;
}

static void take_message(struct harness *h, const char *hex)
{
  static const struct topo_negentropy_sink sink = {print_have, print_need, NULL};
  int status = parse_hex(&h->in, hex);
  bool done = false;
  if (status == 0 && h->ne.initiator)
    status = topo_negentropy_reconcile(&h->ne, topo_buf_view(&h->in), &sink, &h->out, &done);
  else if (status == 0)
    status = topo_negentropy_respond(&h->ne, topo_buf_view(&h->in), &h->out);
  if (status < 0)
    die("msg", status);
  if (done)
    puts("done");
  else
    print_hex("msg", h->out.data, h->out.len);
}

static void take_line(struct harness *h, const char *line)
{
  if (strncmp(line, "item,", 5) == 0) {
    add_item(h, line + 5);
  } else if (strcmp(line, "seal") == 0 && !h->sealed) {
    seal(h);
  } else if (strcmp(line, "initiate") == 0 && h->sealed && !h->ne.initiator) {
    int status = topo_negentropy_initiate(&h->ne, &h->out);
    if (status < 0)
      die("initiate", status);
    print_hex("msg", h->out.data, h->out.len);
  } else if (strncmp(line, "msg,", 4) == 0 && h->sealed) {
    take_message(h, line + 4);
  } else {
    die(line, TOPO_EINVAL);
  }
  fflush(stdout);
}

int main(void)
{
  struct harness h = {.items = topo_memset_create()};
  if (!h.items)
    die("start", TOPO_ENOMEM);
  h.set = topo_memset_itemset(h.items);
  char *line = NULL;
  size_t cap = 0;
  ssize_t len;
  while ((len = getline(&line, &cap, stdin)) > 0) {
    line[strcspn(line, "\n")] = 0;
    if (*line)
      take_line(&h, line);
  }
  free(line);
  topo_buf_finish(&h.in);
  topo_buf_finish(&h.out);
  topo_negentropy_finish(&h.ne);
  topo_memset_destroy(h.items);
  return 0;
}
