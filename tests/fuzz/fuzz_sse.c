/*
 * fuzz_sse.c - any bytes as a stream of server-sent events.
 *
 * Property: the events are the same whether the bytes come at once or one by one, and each is
 * within the bounds that sse.h names.
 */
#include "base/assert.h"
#include "base/status.h"
#include "cli/sse.h"
#include "fuzz/fuzz.h"

#include <string.h>

struct sum {
  struct topo_buf text; /* of all events, one behind the other */
};

static int add(void *arg, const struct topo_cli_sse_event *event)
{
  struct sum *sum = arg;
  topo_assert(event->len <= TOPO_CLI_SSE_MAX && event->data[event->len] == '\0');
  topo_assert(*event->type && strlen(event->type) < TOPO_CLI_SSE_TYPE_SIZE);
  topo_assert(strlen(event->id) < TOPO_CLI_CURSOR_SIZE);
  topo_assert(topo_buf_put(&sum->text, event->type, strlen(event->type) + 1) == 0);
  topo_assert(topo_buf_put(&sum->text, event->id, strlen(event->id) + 1) == 0);
  topo_assert(topo_buf_put(&sum->text, event->data, event->len + 1) == 0);
  return 0;
}

static int read_in_pieces(struct sum *sum, const uint8_t *data, size_t size, size_t piece)
{
  struct topo_cli_sse sse = {0};
  int status = 0;
  for (size_t at = 0; at < size && status == 0; at += piece)
    status = topo_cli_sse_take(&sse, data + at, size - at < piece ? size - at : piece, add, sum);
  topo_cli_sse_finish(&sse);
  return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct sum whole = {0}, single = {0};
  int status = read_in_pieces(&whole, data, size, size ? size : 1);
  topo_assert(status == 0 || status == TOPO_ELIMIT);
  topo_assert(read_in_pieces(&single, data, size, 1) == status);
  topo_assert(whole.text.len == single.text.len);
  topo_assert(!whole.text.len || memcmp(whole.text.data, single.text.data, whole.text.len) == 0);
  topo_buf_finish(&whole.text);
  topo_buf_finish(&single.text);
  return 0;
}
