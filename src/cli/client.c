/* client.c - one request, its answer turned into an exit code; and members of answers. */
#include "cli/client.h"

#include "api/base64url.h"
#include "base/status.h"
#include "cli/http.h"
#include "cli/text.h"

#include <stdarg.h>
#include <string.h>
#include <sys/random.h>

enum {
  ANSWER_MAX = 16 * 1024 * 1024,
  TIMEOUT_MS = 120 * 1000, /* longer than any wait a command asks the daemon for */
  KEY_BYTES = 16,
  HEADER_SIZE = 64
};

struct request {
  const char *method, *path;
  const char *text; /* the body; NULL: none */
  size_t text_len;
  char key[HEADER_SIZE]; /* the header with the idempotency key; empty: none */
};

static size_t take_answer(char *data, size_t size, size_t count, void *arg)
{
  struct topo_buf *text = arg;
  size_t len = size * count;
  if (len > ANSWER_MAX - text->len || topo_buf_put(text, data, len) < 0)
    return 0;
  return len;
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

/* The request may have arrived, but its answer did not. */
static bool is_broken(CURLcode code)
{
  return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
         code == CURLE_PARTIAL_FILE;
}

static bool add_header(struct curl_slist **headers, const char *text)
{
  struct curl_slist *longer = curl_slist_append(*headers, text);
  if (longer)
    *headers = longer;
  return longer != NULL;
}

static void set_body(CURL *curl, const struct request *request)
{
  if (!request->text)
    return;
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->text_len);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->text);
}

static void read_cursor(CURL *curl, struct topo_cli_answer *answer)
{
  struct curl_header *header;
  if (curl_easy_header(curl, "Topo-Cursor", 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
      strlen(header->value) < sizeof answer->cursor)
    strcpy(answer->cursor, header->value);
}

static CURLcode perform(const struct topo_cli *cli, const struct request *request,
                        struct topo_cli_answer *answer)
{
  struct curl_slist *headers = NULL;
  CURLcode code = CURLE_OUT_OF_MEMORY;
  CURL *curl = topo_cli_http(cli, request->method, request->path);
  if (curl && add_header(&headers, "Expect:") &&
      (!request->text || add_header(&headers, "Content-Type: application/json")) &&
      (!request->key[0] || add_header(&headers, request->key))) {
    set_body(curl, request);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->text);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->http);
    read_cursor(curl, answer);
  }
  curl_easy_cleanup(curl);
  curl_slist_free_all(headers);
  return code;
}

static int understand(struct topo_cli_answer *answer)
{
  answer->code = topo_cli_http_exit(answer->http);
  answer->tree = topo_cli_http_tree(answer->text.data, answer->text.len);
  /* That nobody is online who could admit us has an exit code of its own, whatever its HTTP status
   * is, for scripts that try again. */
  if (strcmp(topo_cli_text(answer->tree, "code"), topo_status_name(TOPO_EUNREACHABLE)) == 0)
    answer->code = TOPO_CLI_TIMEOUT;
  if (answer->code == TOPO_CLI_OK && !answer->tree)
    answer->code = TOPO_CLI_FAILURE;
  return answer->code;
}

/* A request with a key is made once more when its answer was lost. */
static int ask(const struct topo_cli *cli, const struct request *request,
               struct topo_cli_answer *answer)
{
  *answer = (struct topo_cli_answer){.code = TOPO_CLI_FAILURE};
  CURLcode code = perform(cli, request, answer);
  answer->lost = is_broken(code) && strcmp(request->method, "GET") != 0;
  if (answer->lost && request->key[0]) {
    topo_buf_wipe(&answer->text);
    answer->http = 0;
    code = perform(cli, request, answer);
  }
  answer->code = exit_of_curl(code);
  if (answer->code != TOPO_CLI_OK)
    return answer->code;
  answer->lost = false;
  return understand(answer);
}

int topo_cli_ask_quietly(struct topo_cli *cli, const char *method, const char *path,
                         const char *text, size_t text_len, struct topo_cli_answer *answer)
{
  struct request request = {method, path, text, text_len, ""};
  return ask(cli, &request, answer);
}

void topo_cli_answer_finish(struct topo_cli_answer *answer)
{
  cJSON_Delete(answer->tree);
  topo_buf_wipe(&answer->text);
  answer->tree = NULL;
}

static void explain_silence(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  if (answer->lost)
    topo_cli_error(
        0,
        "the daemon at %s went away before it answered, so this may be done or not: look "
        "before you repeat it (`topo status`, `topo start`, `topo logs`)",
        cli->socket_path);
  else if (answer->code == TOPO_CLI_NO_DAEMON)
    topo_cli_error(0, "no daemon answers at %s: run `topo start`", cli->socket_path);
  else if (answer->code == TOPO_CLI_TIMEOUT)
    topo_cli_error(0, "the daemon at %s did not answer in time: see `topo logs`", cli->socket_path);
  else
    topo_cli_error(0, "the daemon at %s gave no answer that makes sense", cli->socket_path);
}

void topo_cli_explain(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  const char *title = topo_cli_text(answer->tree, "title");
  const char *detail = topo_cli_text(answer->tree, "detail");
  const char *pointer = topo_cli_text(answer->tree, "pointer");
  /* A detail such as "It must be a cursor." does not say which parameter: then the pointer does. */
  bool named = !*pointer || strstr(detail, pointer);
  if (*detail || *title)
    topo_cli_error(0, "%s%s%s", named ? "" : pointer, named ? "" : ": ", *detail ? detail : title);
  else if (answer->http && !answer->lost)
    topo_cli_error(0, "the daemon at %s gave no answer that makes sense (HTTP %ld)",
                   cli->socket_path, answer->http);
  else
    explain_silence(cli, answer);
}

void topo_cli_print_json(const struct topo_cli *cli, const void *text, size_t len)
{
  struct topo_buf clean = {0};
  if (cli->terminal && topo_cli_clean(&clean, text, len, TOPO_CLI_RAW_JSON) == 0) {
    text = clean.data;
    len = clean.len;
  }
  if (len)
    fwrite(text, 1, len, stdout);
  putchar('\n');
  topo_buf_wipe(&clean);
}

void topo_cli_print_body(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  if (answer->text.len)
    topo_cli_print_json(cli, answer->text.data, answer->text.len);
}

static int tell(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  if (cli->args.json)
    topo_cli_print_body(cli, answer);
  if (answer->code != TOPO_CLI_OK)
    topo_cli_explain(cli, answer);
  return answer->code;
}

/* Sets the body. An exit code. */
static int take_body(struct request *request, const struct topo_json *body,
                     struct topo_cli_answer *answer)
{
  if (!body)
    return TOPO_CLI_OK;
  struct topo_bytes text = topo_json_text(body);
  request->text = (const char *)text.data;
  request->text_len = text.len;
  if (topo_json_status(body) == 0)
    return TOPO_CLI_OK;
  *answer = (struct topo_cli_answer){.code = TOPO_CLI_FAILURE};
  return topo_cli_error(TOPO_CLI_FAILURE, "%s", topo_status_text(topo_json_status(body)));
}

int topo_cli_ask(struct topo_cli *cli, const char *method, const char *path,
                 const struct topo_json *body, struct topo_cli_answer *answer)
{
  struct request request = {method, path, NULL, 0, ""};
  int code = take_body(&request, body, answer);
  if (code != TOPO_CLI_OK)
    return code;
  ask(cli, &request, answer);
  return tell(cli, answer);
}

static int make_key(char out[static HEADER_SIZE])
{
  uint8_t chance[KEY_BYTES];
  char text[HEADER_SIZE / 2];
  if (getrandom(chance, sizeof chance, 0) != (ssize_t)sizeof chance)
    return topo_cli_error(TOPO_CLI_FAILURE, "the system has no randomness to give");
  topo_base64url_encode(text, chance, sizeof chance);
  snprintf(out, HEADER_SIZE, "Idempotency-Key: %s", text);
  return TOPO_CLI_OK;
}

int topo_cli_write(struct topo_cli *cli, const char *path, const struct topo_json *body,
                   struct topo_cli_answer *answer)
{
  struct request request = {"POST", path, NULL, 0, ""};
  *answer = (struct topo_cli_answer){.code = TOPO_CLI_FAILURE};
  int code = take_body(&request, body, answer);
  if (code == TOPO_CLI_OK)
    code = make_key(request.key);
  if (code != TOPO_CLI_OK)
    return code;
  ask(cli, &request, answer);
  return tell(cli, answer);
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
