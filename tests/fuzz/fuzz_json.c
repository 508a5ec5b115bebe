/*
 * fuzz_json.c - any bytes as a request body: the check, the parser behind it and the parameters.
 *
 * Property: what the check accepts, cJSON parses; nothing else is asked of a hostile body but that
 * it is refused in bounds.
 */
#include "api/json_check.h"
#include "api/op.h"
#include "base/assert.h"
#include "base/status.h"
#include "fuzz/fuzz.h"

#include <cjson/cJSON.h>

static int run_nothing(struct topo_op_call *call, void *host)
{
  (void)call;
  (void)host;
  return 0;
}

static const char *const roles[] = {"member", "guest", NULL};
static const struct topo_op_param params[] = {
    {"text", TOPO_OP_BODY, TOPO_OP_TEXT, true, 1, 4096, NULL},
    {"reply", TOPO_OP_BODY, TOPO_OP_ID, false, 0, 0, NULL},
    {"at", TOPO_OP_BODY, TOPO_OP_UINT, false, 0, 0, NULL},
    {"loud", TOPO_OP_BODY, TOPO_OP_BOOL, false, 0, 0, NULL},
    {"role", TOPO_OP_BODY, TOPO_OP_ENUM, false, 0, 0, roles},
    {NULL, TOPO_OP_BODY, TOPO_OP_ID, false, 0, 0, NULL},
};
static const struct topo_op op = {.id = "fuzz",
                                  .method = "POST",
                                  .path = "/",
                                  .summary = "",
                                  .params = params,
                                  .run = run_nothing};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  const char *text = (const char *)data, *why;
  size_t at;
  if (topo_json_check(text, size, &why, &at) == 0) {
    cJSON *tree = cJSON_ParseWithLength(text, size);
    topo_assert(tree);
    cJSON_Delete(tree);
  }
  topo_assert(at <= size);
  struct topo_op_call *call = topo_op_call_create(&op);
  topo_assert(call);
  int status = topo_op_set_body(call, text, size);
  topo_assert(status == 0 || call->detail[0]);
  topo_op_call_destroy(call);
  return 0;
}
