/* cmd_peers.c - peers; and where they are reached: peers add, forget and dial. */
#include "cli/conversation.h"
#include "cli/text.h"

#include <curl/curl.h>
#include <string.h>

/* ---- peers ----------------------------------------------------------------------------------- */

static void print_peer(const cJSON *peer)
{
  bool connected = topo_cli_flag(peer, "connected");
  const char *error = topo_cli_text(peer, "last_error");
  const cJSON *given;
  printf("%.8s  ", topo_cli_id(peer, "device"));
  topo_cli_print(stdout, topo_cli_text(peer, "user_name"), TOPO_CLI_LINE);
  fputs(connected ? "  connected  " : "  away  ", stdout);
  topo_cli_print(stdout, topo_cli_text(peer, "address"), TOPO_CLI_LINE);
  if (connected)
    fputs(topo_cli_flag(peer, "synced") ? "  synced" : "  syncing", stdout);
  if (!connected && *error) {
    fputs("  ", stdout);
    topo_cli_print(stdout, error, TOPO_CLI_LINE);
  }
  putchar('\n');
  cJSON_ArrayForEach(given, cJSON_GetObjectItemCaseSensitive(peer, "given"))
  {
    fputs("          given by hand: ", stdout);
    topo_cli_print(stdout, cJSON_IsString(given) ? given->valuestring : "", TOPO_CLI_LINE);
    putchar('\n');
  }
}

/* What became of an address that was given without a device. */
static void print_search(const cJSON *search)
{
  long long left = topo_cli_number(search, "left");
  const char *error = topo_cli_text(search, "last_error");
  topo_cli_print(stdout, topo_cli_text(search, "address"), TOPO_CLI_LINE);
  if (*topo_cli_text(search, "device")) {
    printf("  is the address of %.8s\n", topo_cli_id(search, "device"));
  } else if (left) {
    printf("  %lld may be there\n", left);
  } else {
    fputs("  nobody of those who were away", stdout);
    fputs(*error ? ": " : "", stdout);
    topo_cli_print(stdout, error, TOPO_CLI_LINE);
    putchar('\n');
  }
}

int topo_cli_peers(struct topo_cli *cli)
{
  char path[TOPO_CLI_PATH_SIZE];
  struct topo_cli_answer answer;
  const cJSON *peer;
  int code = topo_cli_space_path(cli, path, sizeof path, "/peers");
  if (code != TOPO_CLI_OK)
    return code;
  code = topo_cli_ask(cli, "GET", path, NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json) {
    cJSON_ArrayForEach(peer, topo_cli_items(&answer)) print_peer(peer);
    const cJSON *search = cJSON_GetObjectItemCaseSensitive(answer.tree, "search");
    if (search)
      print_search(search);
  }
  topo_cli_answer_finish(&answer);
  return code;
}

/* ---- which device ---------------------------------------------------------------------------- */

static bool is_meant(const cJSON *peer, const char *wanted)
{
  return strcmp(topo_cli_text(peer, "user_name"), wanted) == 0 ||
         (topo_cli_is_id_prefix(wanted) &&
          strncmp(topo_cli_text(peer, "device"), wanted, strlen(wanted)) == 0);
}

static int choose(const cJSON *items, const char *wanted, char id[static TOPO_CLI_ID_SIZE])
{
  const cJSON *peer, *found = NULL;
  unsigned count = 0;
  cJSON_ArrayForEach(peer, items)
  {
    if (!is_meant(peer, wanted))
      continue;
    found = peer;
    count++;
  }
  if (count == 0)
    return topo_cli_error(TOPO_CLI_NOT_FOUND, "no other device is called \"%s\": see `topo peers`",
                          wanted);
  if (count > 1)
    return topo_cli_error(TOPO_CLI_USAGE, "several devices fit \"%s\": name one by its id", wanted);
  return topo_cli_copy_id(id, found, "device");
}

/* Adds to a body the device that `wanted`, a name or the beginning of an id, means; NULL: none. An
 * exit code; a failure was told to the user. `path` is that of the peers. */
static int write_device(struct topo_cli *cli, const char *path, const char *wanted,
                        struct topo_json *body)
{
  struct topo_cli_answer answer;
  char id[TOPO_CLI_ID_SIZE] = "";
  if (!wanted)
    return TOPO_CLI_OK;
  int code = topo_cli_ask_quietly(cli, "GET", path, NULL, 0, &answer);
  if (code == TOPO_CLI_OK)
    code = choose(topo_cli_items(&answer), wanted, id);
  else
    topo_cli_explain(cli, &answer);
  topo_cli_answer_finish(&answer);
  if (code == TOPO_CLI_OK)
    topo_json_string_member(body, "device", id);
  return code;
}

/* ---- where they are reached ------------------------------------------------------------------ */

/* POSTs {address?, device?} below the peers, and says what comes: how many are dialled, or `none`
 * when nobody is. */
static int post(struct topo_cli *cli, const char *rest, const char *address, const char *wanted,
                const char *none)
{
  char peers[TOPO_CLI_PATH_SIZE], path[TOPO_CLI_PATH_SIZE + 16];
  struct topo_json body;
  struct topo_cli_answer answer;
  int code = topo_cli_space_path(cli, peers, sizeof peers, "/peers");
  if (code != TOPO_CLI_OK)
    return code;
  snprintf(path, sizeof path, "%s/%s", peers, rest);
  topo_json_init(&body);
  topo_json_begin_object(&body);
  if (address)
    topo_json_string_member(&body, "address", address);
  code = write_device(cli, peers, wanted, &body);
  topo_json_end_object(&body);
  if (code == TOPO_CLI_OK) {
    code = topo_cli_ask(cli, "POST", path, &body, &answer);
    long long n = topo_cli_number(answer.tree, "dialling");
    if (code == TOPO_CLI_OK && !cli->args.json && n > 0)
      printf("dialling %lld: `topo peers` shows who answers\n", n);
    else if (code == TOPO_CLI_OK && !cli->args.json)
      puts(none);
    topo_cli_answer_finish(&answer);
  }
  topo_json_finish(&body);
  return code;
}

int topo_cli_peers_add(struct topo_cli *cli)
{
  const char *wanted = cli->args.words_count > 1 ? cli->args.words[1] : NULL;
  return post(cli, "addresses", cli->args.words[0], wanted,
              wanted ? "kept for later: that device is connected"
                     : "not kept: nobody is away who could be there");
}

int topo_cli_peers_dial(struct topo_cli *cli)
{
  const char *wanted = cli->args.words_count > 0 ? cli->args.words[0] : NULL;
  return post(cli, "dial", NULL, wanted,
              wanted ? "that device is connected" : "nobody is away of whom an address is known");
}

int topo_cli_peers_forget(struct topo_cli *cli)
{
  char path[TOPO_CLI_PATH_SIZE];
  struct topo_cli_answer answer;
  char *escaped = curl_easy_escape(NULL, cli->args.words[0], 0);
  int code =
      topo_cli_space_path(cli, path, sizeof path, "/peers/addresses/%s", escaped ? escaped : "");
  curl_free(escaped);
  if (code != TOPO_CLI_OK)
    return code;
  code = topo_cli_ask(cli, "DELETE", path, NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    puts("forgotten: it is no longer kept");
  topo_cli_answer_finish(&answer);
  return code;
}
