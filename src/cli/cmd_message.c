/*
 * cmd_message.c - channels, send, read, tail, react.
 *
 * Channels are named by their name or the beginning of their id, messages by the beginning of their
 * id among the newest page of each channel.
 */
#include "cli/client.h"
#include "cli/input.h"
#include "cli/text.h"

#include "api/op.h"

#include <curl/curl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ID_SIZE = 64, PAGE = 100, TAIL_FIRST = 20, TAIL_PAUSE_S = 1, CURSOR_SIZE = 256 };

/* One page of one channel. */
struct page {
  char space[ID_SIZE], channel[ID_SIZE];
  uint64_t limit;
  char after[CURSOR_SIZE]; /* empty: the newest page */
};

static int ask_page(struct topo_cli *cli, const struct page *page, struct topo_cli_answer *answer)
{
  char path[1536], cursor[3 * CURSOR_SIZE + 16] = "";
  if (page->after[0]) {
    /* Cursors are opaque, so they are escaped like any text. */
    char *escaped = curl_easy_escape(NULL, page->after, 0);
    snprintf(cursor, sizeof cursor, "&after=%s", escaped ? escaped : "");
    curl_free(escaped);
  }
  snprintf(path, sizeof path, "/v1/spaces/%s/channels/%s/messages?limit=%llu%s", page->space,
           page->channel, (unsigned long long)page->limit, cursor);
  return topo_cli_ask(cli, "GET", path, NULL, answer);
}

static int copy_id(char out[static ID_SIZE], const cJSON *item, const char *name)
{
  const char *id = topo_cli_text(item, name);
  if (!topo_cli_is_id_prefix(id))
    return topo_cli_error(TOPO_CLI_FAILURE, "the daemon's answer holds no id where one belongs");
  snprintf(out, ID_SIZE, "%s", id);
  return TOPO_CLI_OK;
}

static int ask_channels(struct topo_cli *cli, const char *space, struct topo_cli_answer *answer)
{
  char path[TOPO_CLI_PATH_SIZE];
  snprintf(path, sizeof path, "/v1/spaces/%s/channels", space);
  int code = topo_cli_ask_quietly(cli, "GET", path, NULL, 0, answer);
  if (code != TOPO_CLI_OK)
    topo_cli_explain(cli, answer);
  return code;
}

/* `wanted` NULL: "general", or the only channel. */
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

static int find_channel(struct topo_cli *cli, const char *wanted, struct page *page)
{
  struct topo_cli_answer answer;
  int code = topo_cli_space(cli, page->space, sizeof page->space);
  if (code != TOPO_CLI_OK)
    return code;
  code = ask_channels(cli, page->space, &answer);
  if (code == TOPO_CLI_OK) {
    const cJSON *channel = choose_channel(topo_cli_items(&answer), wanted);
    if (channel)
      code = copy_id(page->channel, channel, "channel");
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

static void print_channel(const cJSON *item)
{
  printf("%.8s  #", topo_cli_id(item, "channel"));
  topo_cli_print(stdout, topo_cli_text(item, "name"), TOPO_CLI_LINE);
  putchar('\n');
}

int topo_cli_channels(struct topo_cli *cli)
{
  char path[TOPO_CLI_PATH_SIZE];
  struct topo_cli_answer answer;
  const cJSON *item;
  int code = topo_cli_space_path(cli, path, sizeof path, "/channels");
  if (code != TOPO_CLI_OK)
    return code;
  code = topo_cli_ask(cli, "GET", path, NULL, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    cJSON_ArrayForEach(item, topo_cli_items(&answer)) print_channel(item);
  topo_cli_answer_finish(&answer);
  return code;
}

/* POSTs {key: text} to a path. */
static int post_text(struct topo_cli *cli, const char *path, const char *key,
                     struct topo_bytes text, void (*print)(const cJSON *item))
{
  struct topo_json json;
  struct topo_cli_answer answer;
  topo_json_init(&json);
  topo_json_begin_object(&json);
  topo_json_key(&json, key);
  topo_json_string_n(&json, text.data, text.len);
  topo_json_end_object(&json);
  int code = topo_cli_ask(cli, "POST", path, &json, &answer);
  if (code == TOPO_CLI_OK && !cli->args.json)
    print(answer.tree);
  topo_cli_answer_finish(&answer);
  topo_json_finish(&json);
  return code;
}

static struct topo_bytes bytes_of(const char *text)
{
  return (struct topo_bytes){(const uint8_t *)text, strlen(text)};
}

int topo_cli_channels_create(struct topo_cli *cli)
{
  char path[TOPO_CLI_PATH_SIZE];
  const char *name = cli->args.words[0];
  int code = topo_cli_space_path(cli, path, sizeof path, "/channels");
  if (code != TOPO_CLI_OK)
    return code;
  return post_text(cli, path, "name", bytes_of(name + (name[0] == '#')), print_channel);
}

static void print_sent(const cJSON *item)
{
  printf("%.8s\n", topo_cli_id(item, "message"));
}

/* The words from `first` on, or standard input when there are none. An exit code. */
static int gather_text(struct topo_cli *cli, unsigned first, struct topo_buf *text)
{
  for (unsigned i = first; i < cli->args.words_count; i++) {
    if (i > first)
      topo_buf_put_u8(text, ' ');
    topo_buf_put(text, cli->args.words[i], strlen(cli->args.words[i]));
  }
  if (text->failed)
    return topo_cli_error(TOPO_CLI_FAILURE, "memory is exhausted");
  if (first < cli->args.words_count)
    return TOPO_CLI_OK;
  if (isatty(STDIN_FILENO))
    return topo_cli_error(TOPO_CLI_USAGE, "there is nothing to send: topo send [#CHANNEL] TEXT");
  if (topo_cli_read_all(text, TOPO_OP_TEXT_MAX) < 0)
    return topo_cli_error(TOPO_CLI_USAGE, "standard input is too long or not valid UTF-8");
  return text->len ? TOPO_CLI_OK : topo_cli_error(TOPO_CLI_USAGE, "there is nothing to send");
}

int topo_cli_send(struct topo_cli *cli)
{
  struct page page = {0};
  struct topo_buf text = {0};
  char path[TOPO_CLI_PATH_SIZE];
  bool named = cli->args.words_count && cli->args.words[0][0] == '#';
  int code = gather_text(cli, named, &text);
  if (code == TOPO_CLI_OK)
    code = find_channel(cli, named ? cli->args.words[0] : NULL, &page);
  if (code == TOPO_CLI_OK) {
    snprintf(path, sizeof path, "/v1/spaces/%s/channels/%s/messages", page.space, page.channel);
    code = post_text(cli, path, "text", topo_buf_view(&text), print_sent);
  }
  topo_buf_wipe(&text);
  return code;
}

static void print_message(const struct topo_cli *cli, const cJSON *item, int64_t now_ms)
{
  char at[TOPO_CLI_TIME_SIZE];
  const char *dim = cli->colour ? "\x1b[2m" : "", *bold = cli->colour ? "\x1b[1m" : "";
  const char *plain = cli->colour ? "\x1b[0m" : "";
  const cJSON *reaction, *author = cJSON_GetObjectItemCaseSensitive(item, "author");
  topo_cli_format_time(at, topo_cli_number(item, "sent_at_ms"), now_ms);
  printf("%s%.8s %s%s %s", dim, topo_cli_id(item, "message"), at, plain, bold);
  topo_cli_print(stdout, topo_cli_text(author, "name"), TOPO_CLI_LINE);
  printf("%s: ", plain);
  topo_cli_print(stdout, topo_cli_text(item, "text"), TOPO_CLI_BLOCK);
  cJSON_ArrayForEach(reaction, cJSON_GetObjectItemCaseSensitive(item, "reactions"))
  {
    fputs("  ", stdout);
    topo_cli_print(stdout, topo_cli_text(reaction, "emoji"), TOPO_CLI_LINE);
    printf(" %lld", (long long)topo_cli_number(reaction, "count"));
  }
  putchar('\n');
}

static void print_page(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  const cJSON *item;
  int64_t now_ms = (int64_t)time(NULL) * 1000;
  if (!cli->args.json)
    cJSON_ArrayForEach(item, topo_cli_items(answer)) print_message(cli, item, now_ms);
  fflush(stdout);
}

static const char *channel_word(const struct topo_cli *cli)
{
  return cli->args.words_count ? cli->args.words[0] : NULL;
}

int topo_cli_read(struct topo_cli *cli)
{
  struct page page = {0};
  struct topo_cli_answer answer;
  if (topo_cli_option_number(cli, "--limit", 50, &page.limit) < 0)
    return topo_cli_error(TOPO_CLI_USAGE, "--limit wants a whole number");
  int code = find_channel(cli, channel_word(cli), &page);
  if (code != TOPO_CLI_OK)
    return code;
  code = ask_page(cli, &page, &answer);
  if (code == TOPO_CLI_OK)
    print_page(cli, &answer);
  topo_cli_answer_finish(&answer);
  return code;
}

/* Moves the cursor past a page. A page without messages may have no cursor: the old one stays. */
static int advance(struct page *page, const struct topo_cli_answer *answer)
{
  const char *after = topo_cli_text(answer->tree, "after");
  if (strlen(after) >= sizeof page->after ||
      (!*after && cJSON_GetArraySize(topo_cli_items(answer))))
    return topo_cli_error(TOPO_CLI_FAILURE, "the daemon's page has no cursor to go on from");
  if (*after)
    snprintf(page->after, sizeof page->after, "%s", after);
  return TOPO_CLI_OK;
}

int topo_cli_tail(struct topo_cli *cli)
{
  struct page page = {.limit = TAIL_FIRST};
  int code = find_channel(cli, channel_word(cli), &page);
  while (code == TOPO_CLI_OK) {
    struct topo_cli_answer answer;
    code = ask_page(cli, &page, &answer);
    if (code == TOPO_CLI_OK) {
      print_page(cli, &answer);
      code = advance(&page, &answer);
    }
    if (code == TOPO_CLI_OK && !cJSON_GetArraySize(topo_cli_items(&answer)))
      sleep(TAIL_PAUSE_S);
    page.limit = PAGE;
    topo_cli_answer_finish(&answer);
  }
  return code;
}

/* Adds the messages of one page whose id begins so; keeps one of them in `found`. */
static unsigned match_page(const struct topo_cli_answer *answer, const char *prefix,
                           char found[static ID_SIZE])
{
  const cJSON *item;
  unsigned count = 0;
  cJSON_ArrayForEach(item, topo_cli_items(answer))
  {
    const char *id = topo_cli_text(item, "message");
    if (strncmp(id, prefix, strlen(prefix)) != 0 || !topo_cli_is_id_prefix(id))
      continue;
    snprintf(found, ID_SIZE, "%s", id);
    count++;
  }
  return count;
}

static int search_message(struct topo_cli *cli, struct page *page, const char *prefix,
                          char found[static ID_SIZE])
{
  struct topo_cli_answer channels, answer;
  const cJSON *channel;
  unsigned count = 0;
  bool json = cli->args.json;
  int code = ask_channels(cli, page->space, &channels);
  cli->args.json = false; /* only the reaction itself is printed */
  cJSON_ArrayForEach(channel, topo_cli_items(&channels))
  {
    if (code == TOPO_CLI_OK)
      code = copy_id(page->channel, channel, "channel");
    if (code != TOPO_CLI_OK)
      break;
    code = ask_page(cli, page, &answer);
    count += match_page(&answer, prefix, found);
    topo_cli_answer_finish(&answer);
  }
  cli->args.json = json;
  topo_cli_answer_finish(&channels);
  if (code == TOPO_CLI_OK && !count)
    return topo_cli_error(TOPO_CLI_NOT_FOUND, "no recent message's id begins with %s", prefix);
  if (code == TOPO_CLI_OK && count > 1)
    return topo_cli_error(TOPO_CLI_USAGE, "several messages' ids begin with %s: give more of it",
                          prefix);
  return code;
}

static void print_reaction(const cJSON *item)
{
  topo_cli_print(stdout, topo_cli_text(item, "emoji"), TOPO_CLI_LINE);
  printf(" on %.8s\n", topo_cli_id(item, "message"));
}

int topo_cli_react(struct topo_cli *cli)
{
  struct page page = {.limit = PAGE};
  char message[ID_SIZE], path[TOPO_CLI_PATH_SIZE];
  const char *prefix = cli->args.words[0];
  if (!topo_cli_is_id_prefix(prefix))
    return topo_cli_error(TOPO_CLI_USAGE, "name the message by at least 4 characters of its id");
  int code = topo_cli_space(cli, page.space, sizeof page.space);
  if (code != TOPO_CLI_OK)
    return code;
  snprintf(message, sizeof message, "%s", prefix);
  if (strlen(prefix) < 43)
    code = search_message(cli, &page, prefix, message);
  if (code != TOPO_CLI_OK)
    return code;
  snprintf(path, sizeof path, "/v1/spaces/%s/messages/%s/reactions", page.space, message);
  return post_text(cli, path, "emoji", bytes_of(cli->args.words[1]), print_reaction);
}
