/* client.c - libcurl over the daemon's Unix socket, and answers turned into exit codes. */
#include "cli/client.h"

#include "api/json_check.h"
#include "base/status.h"
#include "cli/text.h"

#include <curl/curl.h>
#include <stdarg.h>
#include <string.h>

enum {
  ANSWER_MAX = 16 * 1024 * 1024,
  CONNECT_TIMEOUT_MS = 5000,
  TIMEOUT_MS = 120 * 1000 /* longer than any wait a command asks the daemon for */
};

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
  struct topo_buf *text = arg;
  size_t len = size * count;
  if (len > ANSWER_MAX - text->len || topo_buf_put(text, data, len) < 0)
    return 0;
  return len;
}

static int exit_of_http(long http)
{
  switch (http) {
  case 401:
  case 403: return TOPO_CLI_DENIED;
  case 404: return TOPO_CLI_NOT_FOUND;
  case 504: return TOPO_CLI_TIMEOUT;
  default: return http >= 200 && http < 300 ? TOPO_CLI_OK : TOPO_CLI_FAILURE;
  }
}

static int exit_of_curl(CURLcode code)
{
  switch (code) {
  case CURLE_OK: return TOPO_CLI_OK;
  case CURLE_COULDNT_CONNECT: return TOPO_CLI_NO_DAEMON;
  case CURLE_OPERATION_TIMEDOUT: return TOPO_CLI_TIMEOUT;
  default: return TOPO_CLI_FAILURE;
  }
}

static CURLcode perform(struct topo_cli *cli, CURL *curl, const char *method, const char *path,
                        struct topo_buf *text)
{
  char url[2048];
  if ((size_t)snprintf(url, sizeof url, "http://topo%s", path) >= sizeof url)
    return CURLE_URL_MALFORMAT;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, cli->socket_path);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, text);
  return curl_easy_perform(curl);
}

/* The tree of the answer; strictly checked, because what peers wrote is in it. */
static cJSON *parse(const struct topo_buf *text)
{
  const char *why;
  size_t at;
  if (topo_json_check((const char *)text->data, text->len, &why, &at) < 0)
    return NULL;
  return cJSON_ParseWithLength((const char *)text->data, text->len);
}

int topo_cli_ask_quietly(struct topo_cli *cli, const char *method, const char *path,
                         const char *text, size_t text_len, struct topo_cli_answer *answer)
{
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  CURL *curl = curl_easy_init();
  *answer = (struct topo_cli_answer){.code = TOPO_CLI_FAILURE};
  if (text)
    headers = curl_slist_append(headers, "Content-Type: application/json");
  if (curl && headers) {
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (text) {
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)text_len);
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, text);
    }
    answer->code = exit_of_curl(perform(cli, curl, method, path, &answer->text));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->http);
  }
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  if (answer->code != TOPO_CLI_OK)
    return answer->code;
  answer->code = exit_of_http(answer->http);
  answer->tree = parse(&answer->text);
  /* "Somebody must be online" is its own outcome for scripts, whatever HTTP calls it. */
  if (strcmp(topo_cli_text(answer->tree, "code"), topo_status_name(TOPO_EUNREACHABLE)) == 0)
    answer->code = TOPO_CLI_TIMEOUT;
  if (answer->code == TOPO_CLI_OK && !answer->tree)
    answer->code = TOPO_CLI_FAILURE;
  return answer->code;
}

void topo_cli_answer_finish(struct topo_cli_answer *answer)
{
  cJSON_Delete(answer->tree);
  topo_buf_wipe(&answer->text);
  answer->tree = NULL;
}

void topo_cli_explain(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  const char *title = topo_cli_text(answer->tree, "title");
  const char *detail = topo_cli_text(answer->tree, "detail");
  if (answer->code == TOPO_CLI_NO_DAEMON)
    topo_cli_error(0, "no daemon answers at %s: run `topo start`", cli->socket_path);
  else if (!answer->http && answer->code == TOPO_CLI_TIMEOUT)
    topo_cli_error(0, "the daemon at %s did not answer in time: see `topo logs`", cli->socket_path);
  else if (*detail || *title)
    topo_cli_error(0, "%s", *detail ? detail : title);
  else
    topo_cli_error(0, "the daemon at %s gave no answer that makes sense (HTTP %ld)",
                   cli->socket_path, answer->http);
}

void topo_cli_print_body(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  struct topo_buf clean = {0};
  const struct topo_buf *text = &answer->text;
  if (!text->len)
    return;
  if (cli->terminal &&
      topo_cli_clean(&clean, (const char *)text->data, text->len, TOPO_CLI_RAW_JSON) == 0)
    text = &clean;
  fwrite(text->data, 1, text->len, stdout);
  putchar('\n');
  topo_buf_wipe(&clean);
}

int topo_cli_ask(struct topo_cli *cli, const char *method, const char *path,
                 const struct topo_json *body, struct topo_cli_answer *answer)
{
  struct topo_bytes text = body ? topo_json_text(body) : (struct topo_bytes){NULL, 0};
  if (body && topo_json_status(body) < 0) {
    *answer = (struct topo_cli_answer){.code = TOPO_CLI_FAILURE};
    return topo_cli_error(TOPO_CLI_FAILURE, "%s", topo_status_text(topo_json_status(body)));
  }
  topo_cli_ask_quietly(cli, method, path, (const char *)text.data, text.len, answer);
  if (cli->args.json)
    topo_cli_print_body(cli, answer);
  if (answer->code != TOPO_CLI_OK)
    topo_cli_explain(cli, answer);
  return answer->code;
}

const char *topo_cli_text(const cJSON *object, const char *name)
{
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsString(member) ? member->valuestring : "";
}

const char *topo_cli_id(const cJSON *object, const char *name)
{
  const char *id = topo_cli_text(object, name);
  return topo_cli_is_id_prefix(id) ? id : "?";
}

int64_t topo_cli_number(const cJSON *object, const char *name)
{
  const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);
  /* Within 2^53 a double is exact; nothing larger is shown to people. */
  if (!cJSON_IsNumber(member) || !(member->valuedouble > -9e15 && member->valuedouble < 9e15))
    return 0;
  return (int64_t)member->valuedouble;
}

bool topo_cli_flag(const cJSON *object, const char *name)
{
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

const cJSON *topo_cli_items(const struct topo_cli_answer *answer)
{
  return cJSON_GetObjectItemCaseSensitive(answer->tree, "items");
}
