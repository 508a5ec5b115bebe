/* conversation.c - what send, read, tail and react have in common. */
#include "cli/conversation.h"

#include "cli/http.h"
#include "cli/text.h"

#include <string.h>
#include <time.h>

int topo_cli_ask_page(struct topo_cli *cli, const struct topo_cli_page *page,
                      struct topo_cli_answer *answer)
{
  char path[1536], cursor[3 * TOPO_CLI_PLACE_SIZE + 16] = "";
  if (page->after[0]) {
    /* Cursors are opaque, so they are escaped like any text. */
    char *escaped = curl_easy_escape(NULL, page->after, 0);
    snprintf(cursor, sizeof cursor, "&after=%s", escaped ? escaped : "");
    curl_free(escaped);
  }
  snprintf(path, sizeof path, "/v1/spaces/%s/channels/%s/messages?limit=%llu%s", page->space,
           page->channel, (unsigned long long)page->limit, cursor);
  return topo_cli_ask_quietly(cli, "GET", path, NULL, 0, answer);
}

int topo_cli_copy_id(char out[static TOPO_CLI_ID_SIZE], const cJSON *item, const char *name)
{
  const char *id = topo_cli_text(item, name);
  if (!topo_cli_is_id_prefix(id))
    return topo_cli_error(TOPO_CLI_FAILURE, "the daemon's answer holds no id where one belongs");
  snprintf(out, TOPO_CLI_ID_SIZE, "%s", id);
  return TOPO_CLI_OK;
}

int topo_cli_ask_channels(struct topo_cli *cli, const char *space, struct topo_cli_answer *answer)
{
  char path[TOPO_CLI_PATH_SIZE];
  snprintf(path, sizeof path, "/v1/spaces/%s/channels", space);
  int code = topo_cli_ask_quietly(cli, "GET", path, NULL, 0, answer);
  if (code != TOPO_CLI_OK)
    topo_cli_explain(cli, answer);
  return code;
}

static const cJSON *choose_channel(const cJSON *items, const char *wanted)
{
  const char *name = wanted ? wanted + (wanted[0] == '#') : "general";
  const cJSON *item;
  cJSON_ArrayForEach(item, items) if (strcmp(topo_cli_text(item, "name"), name) == 0) return item;
  cJSON_ArrayForEach(item, items) if (topo_cli_is_id_prefix(name) &&
                                      strncmp(topo_cli_text(item, "channel"), name, strlen(name)) ==
                                          0) return item;
  return !wanted && cJSON_GetArraySize(items) == 1 ? cJSON_GetArrayItem(items, 0) : NULL;
}

int topo_cli_find_channel(struct topo_cli *cli, const char *wanted, struct topo_cli_page *page)
{
  struct topo_cli_answer answer;
  int code = topo_cli_space(cli, page->space, sizeof page->space);
  if (code != TOPO_CLI_OK)
    return code;
  code = topo_cli_ask_channels(cli, page->space, &answer);
  if (code == TOPO_CLI_OK) {
    const cJSON *channel = choose_channel(topo_cli_items(&answer), wanted);
    if (channel)
      code = topo_cli_copy_id(page->channel, channel, "channel");
    else if (wanted)
      code =
          topo_cli_error(TOPO_CLI_NOT_FOUND, "there is no channel %s: see `topo channels`", wanted);
    else
      code =
          topo_cli_error(TOPO_CLI_NOT_FOUND, "say which channel, as in #name: see `topo channels`");
  }
  topo_cli_answer_finish(&answer);
  return code;
}

void topo_cli_print_reactions(const cJSON *item)
{
  const cJSON *reaction;
  cJSON_ArrayForEach(reaction, cJSON_GetObjectItemCaseSensitive(item, "reactions"))
  {
    fputs("  ", stdout);
    topo_cli_print(stdout, topo_cli_text(reaction, "emoji"), TOPO_CLI_LINE);
    printf(" %lld", (long long)topo_cli_number(reaction, "count"));
  }
}

void topo_cli_print_message(const struct topo_cli *cli, const cJSON *item)
{
  char at[TOPO_CLI_TIME_SIZE];
  const char *dim = cli->colour ? "\x1b[2m" : "", *bold = cli->colour ? "\x1b[1m" : "";
  const char *plain = cli->colour ? "\x1b[0m" : "";
  const cJSON *author = cJSON_GetObjectItemCaseSensitive(item, "author");
  topo_cli_format_time(at, topo_cli_number(item, "sent_at_ms"), (int64_t)time(NULL) * 1000);
  printf("%s%.8s %s%s %s", dim, topo_cli_id(item, "message"), at, plain, bold);
  topo_cli_print(stdout, topo_cli_text(author, "name"), TOPO_CLI_LINE);
  printf("%s: ", plain);
  topo_cli_print(stdout, topo_cli_text(item, "text"), TOPO_CLI_BLOCK);
  topo_cli_print_reactions(item);
  putchar('\n');
}
