/*
 * cmd_tail.c - tail: the newest messages of a channel and those to come; events tail: all events.
 *
 * tail reads the newest page and then receives the stream from the moment that the page shows, so
 * nothing is missed between the two. It remembers the last messages that it printed: one that comes
 * again with other reactions is told as a line of its reactions, and after a `reset` only what was
 * not printed yet is.
 */
#include "cli/conversation.h"
#include "cli/http.h"
#include "cli/stream.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_PAGE = 20, PAGE = 200, SHOWN_KEPT = 1024 };

struct shown {
  char id[TOPO_CLI_ID_SIZE], place[TOPO_CLI_PLACE_SIZE];
  uint64_t reactions; /* a hash of what was told of them */
};

struct tail {
  struct topo_cli *cli;
  struct topo_cli_page page;
  struct topo_cli_stream stream;
  unsigned count, next; /* of `shown`; the next one to be taken is the oldest */
  struct shown shown[SHOWN_KEPT];
};

static uint64_t hash_text(uint64_t hash, const char *text)
{
  for (; *text; text++)
    hash = (hash ^ (uint8_t)*text) * 0x100000001b3; /* FNV-1a */
  return hash;
}

static uint64_t hash_reactions(const cJSON *item)
{
  const cJSON *reaction;
  uint64_t hash = 0xcbf29ce484222325;
  cJSON_ArrayForEach(reaction, cJSON_GetObjectItemCaseSensitive(item, "reactions"))
  {
    char count[24];
    snprintf(count, sizeof count, " %lld ", (long long)topo_cli_number(reaction, "count"));
    hash = hash_text(hash_text(hash, topo_cli_text(reaction, "emoji")), count);
  }
  return hash;
}

static struct shown *find_shown(struct tail *tail, const char *id)
{
  for (unsigned i = 0; i < tail->count; i++)
    if (strcmp(tail->shown[i].id, id) == 0)
      return &tail->shown[i];
  return NULL;
}

static void remember(struct tail *tail, const cJSON *item)
{
  struct shown *shown = &tail->shown[tail->next];
  tail->next = (tail->next + 1) % SHOWN_KEPT;
  if (tail->count < SHOWN_KEPT)
    tail->count++;
  snprintf(shown->id, sizeof shown->id, "%s", topo_cli_text(item, "message"));
  snprintf(shown->place, sizeof shown->place, "%s", topo_cli_text(item, "place"));
  shown->reactions = hash_reactions(item);
}

static void print_json(const struct topo_cli *cli, const cJSON *item)
{
  char *text = cJSON_PrintUnformatted(item);
  if (text)
    topo_cli_print_json(cli, text, strlen(text));
  cJSON_free(text);
}

/* Prints what is new about a message, if anything is. */
static void show(struct tail *tail, const cJSON *item)
{
  struct shown *shown = find_shown(tail, topo_cli_text(item, "message"));
  uint64_t reactions = hash_reactions(item);
  if (shown && shown->reactions == reactions)
    return;
  if (tail->cli->args.json) {
    print_json(tail->cli, item);
  } else if (!shown) {
    topo_cli_print_message(tail->cli, item);
  } else {
    printf("%.8s reactions:", topo_cli_id(item, "message"));
    topo_cli_print_reactions(item);
    putchar('\n');
  }
  if (shown)
    shown->reactions = reactions;
  else
    remember(tail, item);
}

static void show_gone(struct tail *tail, const cJSON *item)
{
  struct shown *shown = find_shown(tail, topo_cli_text(item, "message"));
  if (!shown)
    return;
  if (tail->cli->args.json)
    print_json(tail->cli, item);
  else
    printf("%.8s is gone\n", topo_cli_id(item, "message"));
  shown->id[0] = '\0'; /* should it come back, it is new */
}

static unsigned show_page(struct tail *tail, const struct topo_cli_answer *answer)
{
  const cJSON *item;
  cJSON_ArrayForEach(item, topo_cli_items(answer)) show(tail, item);
  fflush(stdout);
  return (unsigned)cJSON_GetArraySize(topo_cli_items(answer));
}

/* The first of the "place" members that are remembered; "" when there is none. */
static const char *first_position(const struct tail *tail)
{
  const char *first = "";
  for (unsigned i = 0; i < tail->count; i++)
    if (!*first || strcmp(tail->shown[i].place, first) < 0)
      first = tail->shown[i].place;
  return first;
}

/* Reads everything after the first message that is remembered once more. */
static int read_anew(struct tail *tail)
{
  unsigned count;
  snprintf(tail->page.after, sizeof tail->page.after, "%s", first_position(tail));
  tail->page.limit = PAGE;
  do {
    struct topo_cli_answer answer;
    int code = topo_cli_ask_page(tail->cli, &tail->page, &answer);
    count = code == TOPO_CLI_OK ? show_page(tail, &answer) : 0;
    const char *after = topo_cli_text(answer.tree, "after");
    if (code == TOPO_CLI_OK && count)
      snprintf(tail->page.after, sizeof tail->page.after, "%s", after);
    bool broken = code == TOPO_CLI_NO_DAEMON || (code != TOPO_CLI_OK && !answer.tree);
    if (code != TOPO_CLI_OK && !broken)
      topo_cli_explain(tail->cli, &answer);
    topo_cli_answer_finish(&answer);
    if (code != TOPO_CLI_OK)
      return broken ? TOPO_CLI_STREAM_AGAIN : code;
  } while (count == PAGE && tail->page.after[0]);
  return TOPO_CLI_OK;
}

static int take_event(void *arg, const struct topo_cli_sse_event *event)
{
  struct tail *tail = arg;
  bool message = strcmp(event->type, "message") == 0;
  if (strcmp(event->type, "reset") == 0)
    return read_anew(tail);
  if (!message && strcmp(event->type, "message.gone") != 0)
    return TOPO_CLI_OK;
  cJSON *tree = topo_cli_http_tree(event->data, event->len);
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(tree, "data");
  if (message && item)
    show(tail, item);
  else if (item)
    show_gone(tail, item);
  cJSON_Delete(tree);
  if (fflush(stdout) != 0)
    return topo_cli_error(TOPO_CLI_FAILURE, "cannot write to standard output");
  return item ? TOPO_CLI_OK
              : topo_cli_error(TOPO_CLI_FAILURE, "the daemon sent an event that makes no sense");
}

/* Prints the newest page; the stream is to go on from what it shows. */
static int begin(struct tail *tail)
{
  struct topo_cli_answer answer;
  tail->page.limit = FIRST_PAGE;
  int code = topo_cli_ask_page(tail->cli, &tail->page, &answer);
  if (code == TOPO_CLI_OK) {
    show_page(tail, &answer);
    strcpy(tail->stream.since, answer.cursor);
    if (!answer.cursor[0])
      code = topo_cli_error(TOPO_CLI_FAILURE, "the daemon's page has no cursor to go on from");
  } else {
    topo_cli_explain(tail->cli, &answer);
  }
  topo_cli_answer_finish(&answer);
  return code;
}

int topo_cli_tail(struct topo_cli *cli)
{
  struct tail *tail = calloc(1, sizeof *tail);
  if (!tail)
    return topo_cli_error(TOPO_CLI_FAILURE, "memory is exhausted");
  tail->cli = cli;
  tail->stream.each = take_event;
  tail->stream.arg = tail;
  int code = topo_cli_find_channel(cli, cli->args.words[0], &tail->page);
  if (code == TOPO_CLI_OK)
    code = begin(tail);
  if (code == TOPO_CLI_OK) {
    snprintf(tail->stream.path, sizeof tail->stream.path,
             "/v1/events?space=%s&channel=%s&types=message", tail->page.space, tail->page.channel);
    code = topo_cli_stream_run(cli, &tail->stream);
  }
  free(tail);
  return code;
}

static int print_event(void *arg, const struct topo_cli_sse_event *event)
{
  const struct topo_cli *cli = arg;
  struct topo_buf line = {0};
  topo_buf_put(&line, event->data, event->len);
  /* Between the tokens of a JSON text a blank is as good, and one event stays one line. */
  for (size_t i = 0; i < line.len; i++)
    if (line.data[i] == '\n')
      line.data[i] = ' ';
  topo_cli_print_json(cli, line.data, line.len);
  bool failed = line.failed || fflush(stdout) != 0;
  topo_buf_wipe(&line);
  return failed ? topo_cli_error(TOPO_CLI_FAILURE, "cannot write to standard output") : TOPO_CLI_OK;
}

int topo_cli_events_tail(struct topo_cli *cli)
{
  struct topo_cli_stream stream = {.each = print_event, .arg = cli};
  const char *types = topo_cli_option(cli, "--types"), *since = topo_cli_option(cli, "--since");
  char space[TOPO_CLI_ID_SIZE];
  if (types && (!*types || strlen(types) > 128 ||
                types[strspn(types, "abcdefghijklmnopqrstuvwxyz,")] != '\0'))
    return topo_cli_error(TOPO_CLI_USAGE, "--types wants names as in message,member: "
                                          "see `topo describe streamEvents`");
  if (since && (!*since || strlen(since) >= sizeof stream.since))
    return topo_cli_error(TOPO_CLI_USAGE, "--since wants the cursor of an event");
  int code = topo_cli_space(cli, space, sizeof space);
  if (code != TOPO_CLI_OK)
    return code;
  snprintf(stream.path, sizeof stream.path, "/v1/events?space=%s%s%s", space,
           types ? "&types=" : "", types ? types : "");
  snprintf(stream.since, sizeof stream.since, "%s", since ? since : "");
  return topo_cli_stream_run(cli, &stream);
}
