/*
 * cmd_message.c - channels, send, read, react.
 *
 * Channels are named by their name or the beginning of their id, messages by the beginning of their
 * id among the newest page of each channel.
 */
#include "cli/conversation.h"
#include "cli/input.h"
#include "cli/text.h"

#include "api/op.h"

#include <string.h>
#include <unistd.h>

enum { PAGE = 100 };

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
  int code = topo_cli_write(cli, path, &json, &answer);
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
  struct topo_cli_page page = {0};
  struct topo_buf text = {0};
  char path[TOPO_CLI_PATH_SIZE];
  bool named = cli->args.words_count && cli->args.words[0][0] == '#';
  int code = gather_text(cli, named, &text);
  if (code == TOPO_CLI_OK)
    code = topo_cli_find_channel(cli, named ? cli->args.words[0] : NULL, &page);
  if (code == TOPO_CLI_OK) {
    snprintf(path, sizeof path, "/v1/spaces/%s/channels/%s/messages", page.space, page.channel);
    code = post_text(cli, path, "text", topo_buf_view(&text), print_sent);
  }
  topo_buf_wipe(&text);
  return code;
}

static void print_page(const struct topo_cli *cli, const struct topo_cli_answer *answer)
{
  const cJSON *item;
  if (cli->args.json)
    topo_cli_print_body(cli, answer);
  else
    cJSON_ArrayForEach(item, topo_cli_items(answer)) topo_cli_print_message(cli, item);
}

int topo_cli_read(struct topo_cli *cli)
{
  struct topo_cli_page page = {0};
  struct topo_cli_answer answer;
  if (topo_cli_option_number(cli, "--limit", 50, &page.limit) < 0)
    return topo_cli_error(TOPO_CLI_USAGE, "--limit wants a whole number");
  int code = topo_cli_find_channel(cli, cli->args.words[0], &page);
  if (code != TOPO_CLI_OK)
    return code;
  code = topo_cli_ask_page(cli, &page, &answer);
  if (code == TOPO_CLI_OK || cli->args.json)
    print_page(cli, &answer);
  if (code != TOPO_CLI_OK)
    topo_cli_explain(cli, &answer);
  topo_cli_answer_finish(&answer);
  return code;
}

/* Adds the messages of one page whose id begins so; keeps one of them in `found`. */
static unsigned match_page(const struct topo_cli_answer *answer, const char *prefix,
                           char found[static TOPO_CLI_ID_SIZE])
{
  const cJSON *item;
  unsigned count = 0;
  cJSON_ArrayForEach(item, topo_cli_items(answer))
  {
    const char *id = topo_cli_text(item, "message");
    if (strncmp(id, prefix, strlen(prefix)) != 0 || !topo_cli_is_id_prefix(id))
      continue;
    snprintf(found, TOPO_CLI_ID_SIZE, "%s", id);
    count++;
  }
  return count;
}

static int search_message(struct topo_cli *cli, struct topo_cli_page *page, const char *prefix,
                          char found[static TOPO_CLI_ID_SIZE])
{
  struct topo_cli_answer channels, answer;
  const cJSON *channel;
  unsigned count = 0;
  int code = topo_cli_ask_channels(cli, page->space, &channels);
  cJSON_ArrayForEach(channel, topo_cli_items(&channels))
  {
    if (code == TOPO_CLI_OK)
      code = topo_cli_copy_id(page->channel, channel, "channel");
    if (code != TOPO_CLI_OK)
      break;
    code = topo_cli_ask_page(cli, page, &answer);
    if (code != TOPO_CLI_OK)
      topo_cli_explain(cli, &answer);
    count += match_page(&answer, prefix, found);
    topo_cli_answer_finish(&answer);
  }
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
  struct topo_cli_page page = {.limit = PAGE};
  char message[TOPO_CLI_ID_SIZE], path[TOPO_CLI_PATH_SIZE];
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
