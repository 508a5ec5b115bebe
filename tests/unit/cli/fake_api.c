/* fake_api.c - canned answers behind the real gateway. */
#include "unit/cli/fake_api.h"

#include "base/assert.h"
#include "base/status.h"

#include <stdio.h>
#include <string.h>

#define NONE                                                                                       \
  {                                                                                                \
    NULL, TOPO_OP_PATH, TOPO_OP_ID, false, 0, 0, NULL                                              \
  }
#define BODY(name, required)                                                                       \
  {                                                                                                \
    name, TOPO_OP_BODY, TOPO_OP_TEXT, required, 1, 0, NULL                                         \
  }
#define NUMBER(name, place)                                                                        \
  {                                                                                                \
    name, place, TOPO_OP_UINT, false, 0, 0, NULL                                                   \
  }
#define IN_PATH(name)                                                                              \
  {                                                                                                \
    name, TOPO_OP_PATH, TOPO_OP_ID, true, 0, 0, NULL                                               \
  }

static const struct topo_op_param none[] = {NONE};
static const struct topo_op_param named[] = {BODY("name", true), BODY("user_name", true), NONE};
static const struct topo_op_param joining[] = {BODY("link", true), BODY("user_name", true),
                                               NUMBER("wait_ms", TOPO_OP_BODY), NONE};
static const struct topo_op_param naming[] = {IN_PATH("space"), BODY("of", true),
                                              BODY("name", true), NONE};
static const struct topo_op_param space[] = {IN_PATH("space"), NONE};
static const struct topo_op_param page[] = {IN_PATH("space"), IN_PATH("channel"),
                                            NUMBER("limit", TOPO_OP_QUERY), NONE};
static const struct topo_op_param sending[] = {IN_PATH("space"), IN_PATH("channel"),
                                               BODY("text", true), NONE};
static const struct topo_op_param reacting[] = {IN_PATH("space"), IN_PATH("message"),
                                                BODY("emoji", true), NONE};
static const struct topo_op_param giving[] = {IN_PATH("space"), BODY("address", true),
                                              BODY("device", false), NONE};
static const struct topo_op_param forgetting[] = {
    IN_PATH("space"), {"address", TOPO_OP_PATH, TOPO_OP_TEXT, true, 1, 0, NULL}, NONE};
static const struct topo_op_param dialling[] = {IN_PATH("space"), BODY("device", false), NONE};
static const struct topo_op_param logging[] = {NUMBER("limit", TOPO_OP_QUERY), NONE};

#define SPACE_A                                                                                    \
  "{\"space\":\"" FAKE_SPACE_A "\",\"workspace\":\"" FAKE_SPACE_A                                  \
  "\",\"name\":\"Garden\",\"user_name\":\"Alice\",\"state\":\"ready\",\"detail\":\"\"}"
#define SPACE_B                                                                                    \
  "{\"space\":\"" FAKE_SPACE_B "\",\"workspace\":\"" FAKE_SPACE_B                                  \
  "\",\"name\":\"Evil\\u001b[2J\",\"user_name\":\"Bob\",\"state\":\"joining\",\"detail\":\"\"}"
#define MESSAGE(id, author, text)                                                                  \
  "{\"message\":\"" id "\",\"author\":{\"user\":\"x\",\"name\":\"" author "\"},\"text\":\"" text   \
  "\",\"sent_at_ms\":1000,\"place\":\"p\",\"reactions\":[{\"emoji\":\"👍\",\"count\":2}]}"
#define MESSAGES                                                                                   \
  "{\"items\":[" MESSAGE(FAKE_MESSAGE_1, "Alice", "hello") "," MESSAGE(                            \
      FAKE_MESSAGE_2, "Mal\\u001b]0;x\\u0007",                                                     \
      "one\\ntwo\\u202e\\u009b1m") "," MESSAGE(FAKE_MESSAGE_3, "Bob",                              \
                                               "bye") "],\"before\":null,\"after\":\"c1\"}"

#define INVITE(addresses)                                                                          \
  "{\"invite\":\"x\",\"link\":\"topo://invite/secret\",\"addresses\":[" addresses                  \
  "],\"role\":\"member\"}"

/* Operation, and its answer when it has just one. */
static const struct {
  const char *id, *json;
} canned[] = {
    {"status", "{\"version\":\"9.9\",\"pid\":7,\"data_dir\":\"/d\",\"udp_address\":\"[::]:1\","
               "\"addresses\":[\"192.0.2.1:1\",\"[2001:db8::1]:1\"],\"reached\":\"network\","
               "\"detail\":\"forward UDP port 1\",\"http_"
               "address\":\"127.0.0.1:4\",\"spaces\":2}"},
    {"stop", "{\"stopping\":true}"},
    {"logs", "{\"items\":[{\"time_ms\":1000,\"level\":\"info\",\"text\":\"up\\u001b[31m\"}]}"},
    {"createWorkspace", SPACE_A},
    {"join", SPACE_B},
    {"members",
     "{\"items\":[{\"user\":\"" FAKE_SPACE_B "\",\"name\":\"Bob\",\"role\":\"admin\",\"is_me\":"
     "true,\"devices\":[{\"device\":\"" FAKE_SPACE_A "\",\"recovery\":true,\"is_me\":false}]}]}"},
    {"setName", "{\"of\":\"user\",\"name\":\"new\\u001b[31m\"}"},
    {"channels", "{\"items\":[{\"channel\":\"" FAKE_CHANNEL "\",\"name\":\"general\"}]}"},
    {"createChannel", "{\"channel\":\"" FAKE_CHANNEL "\",\"name\":\"new\"}"},
    {"messages", MESSAGES},
    {"send", "{\"message\":\"" FAKE_MESSAGE_2 "\"}"},
    {"react", "{\"reaction\":\"x\",\"message\":\"" FAKE_MESSAGE_1 "\",\"emoji\":\"👍\"}"},
    {"peers",
     "{\"items\":[{\"device\":\"" FAKE_SPACE_B "\",\"user_name\":\"Bob\",\"connected\":true,"
     "\"address\":\"[::1]:5\",\"synced\":true,\"given\":[]},{\"device\":\"" FAKE_MESSAGE_2
     "\",\"user_name\":\"Twin\",\"connected\":false,\"address\":\"[::1]:6\",\"last_error\":"
     "\"unreachable\",\"given\":[\"[::1]:6\",\"[::1]:7\\u001b[31m\"]},{\"device\":\"" FAKE_MESSAGE_3
     "\",\"user_name\":\"Twin\"}],\"search\":{\"address\":\"192.0.2.7:1\",\"left\":0,"
     "\"last_error\":\"unreachable\"}}"},
    {"forget", "{\"address\":\"[::1]:5\"}"},
    {"sync",
     "{\"state\":\"synced\",\"events\":5,\"held\":0,\"wanted\":0,\"peers\":1,\"detail\":\"\"}"},
    {"fingerprint", "{\"fingerprint\":\"abcd\",\"events\":5}"},
};

static void answer(struct topo_op_call *call, const char *json)
{
  /* The text is JSON already: the fake is the one place that writes it raw. */
  topo_assert(topo_buf_put(&call->out.buf, json, strlen(json)) == 0);
}

static void remember(struct fake_api *api, const struct topo_op_call *call)
{
  for (size_t i = 0; call->op->params[i].name; i++) {
    size_t used = strlen(api->last);
    if (call->values[i].text)
      snprintf(api->last + used, sizeof api->last - used, "%s %s=%s\n", call->op->id,
               call->op->params[i].name, call->values[i].text);
    else if (call->values[i].present && call->op->params[i].kind == TOPO_OP_ID)
      snprintf(api->last + used, sizeof api->last - used, "%s %s #%02x%02x\n", call->op->id,
               call->op->params[i].name, call->values[i].id.bytes[0], call->values[i].id.bytes[1]);
  }
}

static int run_named(struct topo_op_call *call, void *host)
{
  const char *name = topo_op_get(call, "name")->text;
  (void)host;
  if (strcmp(name, "denied") == 0)
    return topo_op_fail(call, TOPO_EDENIED, "Only an admin may do that.\x1b[31m");
  if (strcmp(name, "unreachable") == 0)
    return TOPO_EUNREACHABLE;
  if (strcmp(name, "slow") == 0)
    return TOPO_ETIMEOUT;
  answer(call, SPACE_A);
  return 0;
}

static int run_spaces(struct topo_op_call *call, void *host)
{
  static const char *const lists[] = {"{\"items\":[]}", "{\"items\":[" SPACE_A "]}",
                                      "{\"items\":[" SPACE_A "," SPACE_B "]}"};
  const struct fake_api *api = host;
  answer(call, lists[api->spaces]);
  return 0;
}

static int run_invite(struct topo_op_call *call, void *host)
{
  const struct fake_api *api = host;
  answer(call, api->unreachable ? INVITE("") : INVITE("\"192.0.2.1:1\""));
  return 0;
}

static int run_canned(struct topo_op_call *call, void *host)
{
  struct fake_api *api = host;
  for (size_t i = 0; i < sizeof canned / sizeof *canned; i++)
    if (strcmp(canned[i].id, call->op->id) == 0)
      answer(call, canned[i].json);
  api->stopped |= strcmp(call->op->id, "stop") == 0;
  return 0;
}

/* Nobody is there to be dialled when the API is unreachable. */
static int run_dial(struct topo_op_call *call, void *host)
{
  const struct fake_api *api = host;
  answer(call, api->unreachable ? "{\"dialling\":0}" : "{\"dialling\":2}");
  return 0;
}

#define S "/v1/spaces/{space}"
static const struct topo_op ops[] = {
    {"status", "GET", "/v1/status", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, none, run_canned, false,
     false, NULL},
    {"stop", "POST", "/v1/stop", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, none, run_canned, false,
     false, NULL},
    {"logs", "GET", "/v1/logs", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, logging, run_canned, false,
     false, NULL},
    {"spaces", "GET", "/v1/spaces", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, none, run_spaces, false,
     false, NULL},
    {"createWorkspace", "POST", "/v1/workspaces", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, named,
     run_named, true, false, NULL},
    {"join", "POST", "/v1/joins", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, joining, run_canned, true,
     false, NULL},
    {"invite", "POST", S "/invites", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space, run_invite, true,
     false, NULL},
    {"members", "GET", S "/members", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space, run_canned,
     false, false, NULL},
    {"setName", "POST", S "/names", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, naming, run_canned, true,
     false, NULL},
    {"channels", "GET", S "/channels", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space, run_canned,
     false, false, NULL},
    {"createChannel", "POST", S "/channels", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space,
     run_canned, true, false, NULL},
    {"messages", "GET", S "/channels/{channel}/messages", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ,
     page, run_canned, false, false, NULL},
    {"send", "POST", S "/channels/{channel}/messages", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ,
     sending, run_canned, true, false, NULL},
    {"react", "POST", S "/messages/{message}/reactions", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ,
     reacting, run_canned, true, false, NULL},
    {"peers", "GET", S "/peers", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space, run_canned, false,
     false, NULL},
    {"give", "POST", S "/peers/addresses", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, giving, run_dial,
     false, false, NULL},
    {"forget", "DELETE", S "/peers/addresses/{address}", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ,
     forgetting, run_canned, false, false, NULL},
    {"dial", "POST", S "/peers/dial", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, dialling, run_dial,
     false, false, NULL},
    {"sync", "GET", S "/sync", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space, run_canned, false,
     false, NULL},
    {"fingerprint", "GET", S "/fingerprint", "", TOPO_OP_REGISTRY, TOPO_SCOPE_READ, space,
     run_canned, false, false, NULL},
};
enum { OPS = sizeof ops / sizeof *ops };
static const struct topo_op *table[OPS + 1];

static void start(void *ctx, struct topo_op_call *call)
{
  struct fake_api *api = ctx;
  pthread_mutex_lock(&api->lock);
  remember(api, call);
  call->status = call->op->run(call, api);
  pthread_cond_broadcast(&api->changed);
  pthread_mutex_unlock(&api->lock);
  call->done(call, call->done_arg);
}

void fake_api_init(struct fake_api *api)
{
  *api = (struct fake_api){.spaces = 1};
  pthread_mutex_init(&api->lock, NULL);
  pthread_cond_init(&api->changed, NULL);
}

void fake_api_finish(struct fake_api *api)
{
  pthread_cond_destroy(&api->changed);
  pthread_mutex_destroy(&api->lock);
}

struct topo_gateway *fake_api_serve(struct fake_api *api, const char *path)
{
  int status;
  for (size_t i = 0; i < OPS; i++)
    table[i] = &ops[i];
  struct topo_gateway_options options = {
      .socket_path = path, .table = table, .runner = {start, api}};
  return topo_gateway_create(&options, &status);
}
