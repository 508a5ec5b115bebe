/*
 * fuzz_hello.c - any bytes as a message on the WebSocket.
 *
 * Properties: what is taken is within its bounds and ended by a NUL; what is not has a reason.
 */
#include "base/assert.h"
#include "base/status.h"
#include "fuzz/fuzz.h"
#include "gateway/hello.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct topo_hello hello;
  const char *why, *pointer;
  int status = topo_hello_parse(&hello, (const char *)data, size, &why, &pointer);
  topo_assert(why && pointer);
  if (status < 0) {
    topo_assert(why[0]);
    topo_assert(status == TOPO_EMALFORMED || status == TOPO_EINVAL || status == TOPO_ELIMIT);
    return 0;
  }
  topo_assert(hello.n_subscribe <= TOPO_HELLO_SPACES_MAX &&
              hello.n_unsubscribe <= TOPO_HELLO_SPACES_MAX);
  topo_assert(strlen(hello.token) == hello.token_len && hello.has_token == (hello.token_len > 0));
  for (size_t i = 0; i < hello.n_subscribe; i++) {
    topo_assert(hello.subscribe[i].types < 1u << TOPO_NOTIFICATION_TYPES_END);
    topo_assert(memchr(hello.subscribe[i].since, 0, TOPO_SUBSCRIPTION_CURSOR_SIZE));
  }
  return 0;
}
