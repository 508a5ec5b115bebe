/* stream.c - one connection after the other. */
#include "cli/stream.h"

#include "base/status.h"
#include "cli/client.h"
#include "cli/http.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
  PAUSE_FIRST_MS = 50,
  PAUSE_MAX_MS = 2000,
  REFUSAL_MAX = 64 * 1024 /* bytes of a problem document */
};

/* What has become of a connection; exit codes are not negative. */
enum { BROKEN = -1 };

struct connection {
  struct topo_cli *cli;
  struct topo_cli_stream *stream;
  CURL *curl;
  struct topo_cli_sse sse;
  struct topo_buf refusal; /* instead of events */
  int code;                /* why the reading ended; 0: it did not, or memory or bounds ended it */
  bool *told;              /* the user knows of a break */
  bool moved;              /* `since` is further on than it was */
};

static int take_event(void *arg, const struct topo_cli_sse_event *event)
{
  struct connection *c = arg;
  if (*c->told)
    topo_cli_error(0, "the daemon is back");
  *c->told = false;
  c->code = c->stream->each(c->stream->arg, event);
  if (c->code != TOPO_CLI_OK)
    return 1;
  if (*event->id) {
    c->moved |= strcmp(event->type, "ready") != 0 && strcmp(event->id, c->stream->since) != 0;
    snprintf(c->stream->since, sizeof c->stream->since, "%s", event->id);
  }
  return 0;
}

static size_t take_bytes(char *data, size_t size, size_t count, void *arg)
{
  struct connection *c = arg;
  long http = 0;
  size_t len = size * count;
  curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &http);
  if (http != 200) {
    bool fits = len <= REFUSAL_MAX - c->refusal.len && topo_buf_put(&c->refusal, data, len) == 0;
    return fits ? len : 0;
  }
  return topo_cli_sse_take(&c->sse, data, len, take_event, c) == 0 ? len : 0;
}

static bool is_stream(CURL *curl)
{
  static const char wanted[] = "text/event-stream";
  char *type = NULL;
  curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
  return type && strncmp(type, wanted, sizeof wanted - 1) == 0;
}

/* A refusal for now is worth waiting for; any other is final. */
static int take_refusal(const struct connection *c, long http)
{
  struct topo_cli_answer answer = {.code = topo_cli_http_exit(http), .http = http};
  bool for_now = http == 429 || http == 503;
  if (answer.code == TOPO_CLI_OK)
    answer.code = TOPO_CLI_FAILURE;
  answer.tree = topo_cli_http_tree(c->refusal.data, c->refusal.len);
  if (!for_now || !*c->told)
    topo_cli_explain(c->cli, &answer);
  topo_cli_answer_finish(&answer);
  *c->told |= for_now;
  return for_now ? BROKEN : answer.code;
}

static int outcome_of(const struct connection *c, CURLcode code)
{
  long http = 0;
  curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &http);
  if (c->code == TOPO_CLI_STREAM_AGAIN)
    return BROKEN;
  if (c->code != TOPO_CLI_OK)
    return c->code;
  if (http && http != 200)
    return take_refusal(c, http);
  if (code == CURLE_WRITE_ERROR || (http && !is_stream(c->curl)))
    return topo_cli_error(TOPO_CLI_FAILURE, "the daemon at %s sent events that make no sense",
                          c->cli->socket_path);
  return BROKEN;
}

/* "PATH&since=CURSOR". Cursors are opaque, so they are escaped like any text. */
static bool write_path(char *out, size_t size, const struct topo_cli_stream *stream)
{
  char *since = stream->since[0] ? curl_easy_escape(NULL, stream->since, 0) : NULL;
  bool ready = since || !stream->since[0];
  if (ready)
    snprintf(out, size, "%s%s%s", stream->path, since ? "&since=" : "", since ? since : "");
  curl_free(since);
  return ready;
}

/* BROKEN, or the exit code to end with. */
static int connect_once(struct topo_cli *cli, struct topo_cli_stream *stream, bool *told,
                        bool *moved)
{
  char path[TOPO_CLI_PATH_SIZE + 3 * TOPO_CLI_CURSOR_SIZE + 16];
  struct connection c = {.cli = cli, .stream = stream, .told = told};
  if (write_path(path, sizeof path, stream))
    c.curl = topo_cli_http(cli, "GET", path);
  if (!c.curl)
    return topo_cli_error(TOPO_CLI_FAILURE, "memory is exhausted");
  curl_easy_setopt(c.curl, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(c.curl, CURLOPT_WRITEDATA, &c);
  int outcome = outcome_of(&c, curl_easy_perform(c.curl));
  *moved = c.moved;
  curl_easy_cleanup(c.curl);
  topo_cli_sse_finish(&c.sse);
  topo_buf_wipe(&c.refusal);
  return outcome;
}

static void pause_ms(long ms)
{
  nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

int topo_cli_stream_run(struct topo_cli *cli, struct topo_cli_stream *stream)
{
  bool told = false, moved = false;
  long pause = PAUSE_FIRST_MS;
  for (;;) {
    int outcome = connect_once(cli, stream, &told, &moved);
    if (outcome != BROKEN)
      return outcome;
    if (!told)
      topo_cli_error(0, "the daemon is gone: waiting for it (`topo start` brings it back)");
    told = true;
    if (moved)
      pause = PAUSE_FIRST_MS;
    pause_ms(pause);
    pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
  }
}
