/* hello.c - checked as JSON first, then read member by member. */
#include "gateway/hello.h"

#include "api/base64url.h"
#include "api/json_check.h"
#include "base/status.h"

#include <cjson/cJSON.h>
#include <string.h>

struct reader {
  struct topo_hello *out;
  const char *why, *pointer;
};

static int refuse(struct reader *r, int status, const char *pointer, const char *why)
{
  r->why = why;
  r->pointer = pointer;
  return status;
}

static const cJSON *member(const cJSON *object, const char *name)
{
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsNull(item) ? NULL : item;
}

static int read_id(struct reader *r, const cJSON *item, const char *pointer, struct topo_id *out)
{
  if (cJSON_IsString(item) && topo_id_parse(out, item->valuestring, strlen(item->valuestring)) == 0)
    return 0;
  return refuse(r, TOPO_EINVAL, pointer, "It must be an id of 43 characters.");
}

static int read_since(struct reader *r, const cJSON *item, struct topo_subscription_request *out)
{
  size_t len = cJSON_IsString(item) ? strlen(item->valuestring) : 0;
  if (len == 0 || len >= sizeof out->since)
    return refuse(r, TOPO_EINVAL, "since", "It must be a cursor.");
  memcpy(out->since, item->valuestring, len + 1);
  return 0;
}

static int read_types(struct reader *r, const cJSON *list, struct topo_subscription_request *out)
{
  int n = cJSON_IsArray(list) ? cJSON_GetArraySize(list) : 0;
  const cJSON *item;
  enum topo_notification_type type;
  if (n < 1 || n > TOPO_NOTIFICATION_TYPES)
    return refuse(r, TOPO_EINVAL, "types", "It must be a list of types.");
  cJSON_ArrayForEach(item, list)
  {
    if (!cJSON_IsString(item) ||
        topo_notification_type_parse(item->valuestring, strlen(item->valuestring), &type) < 0)
      return refuse(r, TOPO_EINVAL, "types", "There is no such type of event.");
    out->types |= 1u << type;
  }
  return 0;
}

static int read_subscription(struct reader *r, const cJSON *item)
{
  struct topo_subscription_request *out = &r->out->subscribe[r->out->n_subscribe++];
  const cJSON *since = member(item, "since"), *channel = member(item, "channel"),
              *types = member(item, "types");
  if (!cJSON_IsObject(item))
    return refuse(r, TOPO_EINVAL, "subscribe", "A subscription must be an object.");
  int status = read_id(r, member(item, "space"), "space", &out->space);
  if (status == 0 && since)
    status = read_since(r, since, out);
  if (status == 0 && channel) {
    out->one_channel = true;
    status = read_id(r, channel, "channel", &out->channel);
  }
  if (status == 0 && types)
    status = read_types(r, types, out);
  return status;
}

static int read_removal(struct reader *r, const cJSON *item)
{
  return read_id(r, item, "unsubscribe", &r->out->unsubscribe[r->out->n_unsubscribe++]);
}

static int read_list(struct reader *r, const cJSON *object, const char *name,
                     int (*read)(struct reader *r, const cJSON *item))
{
  const cJSON *list = member(object, name), *item;
  if (!list)
    return 0;
  if (!cJSON_IsArray(list))
    return refuse(r, TOPO_EINVAL, name, "It must be a list.");
  if (cJSON_GetArraySize(list) > TOPO_HELLO_SPACES_MAX)
    return refuse(r, TOPO_ELIMIT, name, "It has more than 64 members.");
  cJSON_ArrayForEach(item, list)
  {
    int status = read(r, item);
    if (status < 0)
      return status;
  }
  return 0;
}

static int read_token(struct reader *r, const cJSON *object)
{
  const cJSON *token = member(object, "token");
  if (!token)
    return 0;
  size_t len = cJSON_IsString(token) ? strlen(token->valuestring) : 0;
  if (len == 0 || len > TOPO_TOKEN_TEXT_MAX)
    return refuse(r, TOPO_EINVAL, "token", "It must be a token.");
  memcpy(r->out->token, token->valuestring, len + 1);
  r->out->token_len = len;
  r->out->has_token = true;
  topo_wipe(token->valuestring, len);
  return 0;
}

static int read_object(struct reader *r, const cJSON *object)
{
  if (!cJSON_IsObject(object))
    return refuse(r, TOPO_EMALFORMED, "", "The message must be a JSON object.");
  int status = read_token(r, object);
  if (status == 0)
    status = read_list(r, object, "subscribe", read_subscription);
  if (status == 0)
    status = read_list(r, object, "unsubscribe", read_removal);
  return status;
}

int topo_hello_parse(struct topo_hello *out, const char *text, size_t len, const char **why,
                     const char **pointer)
{
  struct reader r = {.out = out, .why = "", .pointer = ""};
  size_t at;
  *out = (struct topo_hello){0};
  *why = "The message is too long.";
  *pointer = "";
  int status = len > TOPO_HELLO_SIZE_MAX ? TOPO_ELIMIT : topo_json_check(text, len, why, &at);
  if (status < 0)
    return status;
  cJSON *tree = cJSON_ParseWithLength(text, len);
  if (!tree)
    return TOPO_ENOMEM;
  status = read_object(&r, tree);
  cJSON_Delete(tree);
  *why = r.why;
  *pointer = r.pointer;
  return status;
}
