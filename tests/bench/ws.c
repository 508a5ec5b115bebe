/* ws.c - see ws.h. */
#include "bench/ws.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/bench.h"

enum {
  READ = 256 * 1024,
  OPCODE_TEXT = 1,
  OPCODE_PING = 9,
  OPCODE_PONG = 10,
  TICK_MS = 100,
  BUCKETS = 100000 /* of BUCKET_S: latencies of ten seconds and more are one */
};
static const double BUCKET_S = 1e-4, PATIENCE_S = 60;

struct listener {
  int fd;
  bool ready;      /* it was told that it is up to date */
  uint64_t seen_n; /* messages */
  uint8_t *seen;   /* a bit for each number */
  struct topo_buf in;
};

struct ws_listeners {
  struct ws_options o;
  int epoll;
  pthread_t thread;
  atomic_uint_fast64_t total; /* of messages; UINT64_MAX while more are to come */
  _Atomic double *asked_s;    /* of each number; 0: not yet */
  double *answered_s;         /* the sender's until ws_finish */
  double *last_s;             /* the arrival at the last listener so far */
  uint32_t buckets[BUCKETS];
  double max_s, cpu_s;
  uint64_t deliveries;
  struct listener all[WS_LISTENERS_MAX];
};

/* ---- the socket ------------------------------------------------------------------------------ */

static void send_all(int fd, const void *data, size_t len)
{
  bench_require(send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len, "a WebSocket takes nothing");
}

/* A frame of a client; a mask of zeros is one, too. */
static void send_frame(int fd, unsigned opcode, const void *data, size_t len)
{
  uint8_t frame[1024] = {(uint8_t)(0x80 | opcode), 0x80 | 126, (uint8_t)(len >> 8), (uint8_t)len};
  bench_require(len <= sizeof frame - 8, "a frame is too long");
  memcpy(frame + 8, data, len);
  send_all(fd, frame, len + 8);
}

static void read_more(struct listener *c)
{
  bench_check(topo_buf_reserve(&c->in, READ), "a WebSocket");
  ssize_t n = recv(c->fd, c->in.data + c->in.len, c->in.cap - c->in.len, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN)
    return;
  bench_require(n > 0, "a WebSocket has ended");
  c->in.len += (size_t)n;
}

static void wait_readable(int fd)
{
  struct pollfd p = {.fd = fd, .events = POLLIN};
  bench_require(poll(&p, 1, (int)(1e3 * PATIENCE_S)) == 1, "a WebSocket has fallen silent");
}

static void open_socket(struct ws_listeners *l, struct listener *c)
{
  struct topo_buf request = {0};
  struct load_address at = *l->o.at;
  char hello[512];
  at.token[0] = '\0'; /* it goes into the first message */
  c->fd = load_connect(&at);
  load_put_request(&request, &at, "GET", "/v1/events/ws",
                   "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                   "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                   NULL);
  send_all(c->fd, request.data, request.len);
  topo_buf_finish(&request);
  char *end = NULL;
  while (!end) {
    wait_readable(c->fd);
    read_more(c);
    end = memmem(c->in.data, c->in.len, "\r\n\r\n", 4);
  }
  bench_require(memcmp(c->in.data, "HTTP/1.1 101", 12) == 0, "the socket was not opened");
  topo_buf_drop(&c->in, (size_t)((uint8_t *)end + 4 - c->in.data));
  int n = snprintf(hello, sizeof hello, "{\"token\":\"%s\",\"subscribe\":[{\"space\":\"%s\"}]}",
                   l->o.at->token, l->o.space);
  if (!l->o.at->token[0])
    n = snprintf(hello, sizeof hello, "{\"subscribe\":[{\"space\":\"%s\"}]}", l->o.space);
  send_frame(c->fd, OPCODE_TEXT, hello, (size_t)n);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void take_number(struct ws_listeners *l, struct listener *c, uint64_t number, double now_s)
{
  bench_require(number < l->o.messages_max, "an event tells of a message that nobody sent");
  uint8_t *seen = &c->seen[number / 8], bit = (uint8_t)(1u << number % 8);
  bench_require(!(*seen & bit), "an event came twice");
  *seen |= bit;
  c->seen_n++;
  l->deliveries++;
  double took_s = now_s - atomic_load(&l->asked_s[number]);
  size_t bucket = (size_t)(took_s / BUCKET_S);
  l->buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
  l->max_s = took_s > l->max_s ? took_s : l->max_s;
  l->last_s[number] = now_s > l->last_s[number] ? now_s : l->last_s[number];
}

/* A text of the server: an array of events. */
static void take_text(struct ws_listeners *l, struct listener *c, const uint8_t *text, size_t len,
                      double now_s)
{
  static const char ready[] = "\"type\":\"ready\"", mark[] = "\"text\":\"#";
  bench_require(len >= 2 && text[0] == '[', "a message holds no events");
  if (!c->ready)
    c->ready = memmem(text, len, ready, sizeof ready - 1) != NULL;
  const uint8_t *end = text + len;
  while ((text = memmem(text, (size_t)(end - text), mark, sizeof mark - 1)) != NULL) {
    text += sizeof mark - 1;
    take_number(l, c, strtoull((const char *)text, NULL, 10), now_s);
  }
}

/* Takes the frames that are there whole; returns their bytes. */
static size_t take_frames(struct ws_listeners *l, struct listener *c)
{
  double now_s = bench_wall_s();
  size_t at = 0;
  for (;;) {
    const uint8_t *f = c->in.data + at;
    size_t have = c->in.len - at, head = 2;
    if (have < 2)
      return at;
    uint64_t len = f[1] & 0x7f;
    head += len == 126 ? 2 : len == 127 ? 8 : 0;
    if (have < head)
      return at;
    if (len >= 126)
      len = head == 4 ? (uint64_t)f[2] << 8 | f[3] : topo_get_be64(f + 2);
    if (have - head < len)
      return at;
    at += head + (size_t)len;
    if (f[0] == (0x80 | OPCODE_TEXT))
      take_text(l, c, f + head, (size_t)len, now_s);
    else if (f[0] == (0x80 | OPCODE_PING))
      send_frame(c->fd, OPCODE_PONG, f + head, (size_t)len);
    else
      bench_require(false, "a WebSocket says what was not expected");
  }
}

static void take(struct ws_listeners *l, struct listener *c)
{
  size_t n = take_frames(l, c);
  if (n)
    topo_buf_drop(&c->in, n);
}

static bool all_seen(const struct ws_listeners *l)
{
  uint64_t total = atomic_load(&l->total);
  for (unsigned i = 0; i < l->o.listeners; i++)
    if (l->all[i].seen_n < total)
      return false;
  return true;
}

static void *listen_to_all(void *arg)
{
  struct ws_listeners *l = arg;
  struct epoll_event events[WS_LISTENERS_MAX];
  double news_s = bench_wall_s();
  while (!all_seen(l)) {
    int n = epoll_wait(l->epoll, events, WS_LISTENERS_MAX, TICK_MS);
    if (n > 0)
      news_s = bench_wall_s();
    bench_require(bench_wall_s() < news_s + PATIENCE_S, "events were lost");
    for (int i = 0; i < n; i++) {
      struct listener *c = &l->all[events[i].data.u32];
      read_more(c);
      take(l, c);
    }
  }
  l->cpu_s = bench_cpu_s();
  return NULL;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void *zeros(uint64_t n, size_t size)
{
  void *p = calloc(n, size);
  bench_require(p, "out of memory");
  return p;
}

struct ws_listeners *ws_listen(const struct ws_options *options)
{
  struct ws_listeners *l = zeros(1, sizeof *l);
  l->o = *options;
  l->asked_s = zeros(options->messages_max, sizeof *l->asked_s);
  l->answered_s = zeros(options->messages_max, sizeof *l->answered_s);
  l->last_s = zeros(options->messages_max, sizeof *l->last_s);
  l->epoll = epoll_create1(EPOLL_CLOEXEC);
  atomic_init(&l->total, UINT64_MAX);
  bench_require(l->epoll >= 0 && options->listeners <= WS_LISTENERS_MAX, "too many listeners");
  for (unsigned i = 0; i < options->listeners; i++) {
    struct listener *c = &l->all[i];
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
    c->seen = zeros(options->messages_max / 8 + 1, 1);
    open_socket(l, c);
    for (take(l, c); !c->ready; take(l, c)) {
      wait_readable(c->fd);
      read_more(c);
    }
    bench_require(epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &e) == 0, "no epoll");
  }
  bench_require(pthread_create(&l->thread, NULL, listen_to_all, l) == 0, "no thread");
  return l;
}

void ws_note_asked(struct ws_listeners *l, uint64_t number)
{
  bench_require(number < l->o.messages_max, "more messages than were announced");
  atomic_store(&l->asked_s[number], bench_wall_s());
}

void ws_note_answered(struct ws_listeners *l, uint64_t number)
{
  l->answered_s[number] = bench_wall_s();
}

/* The latency below which a share of all deliveries lies. */
static double rank_ms(const struct ws_listeners *l, double rank)
{
  uint64_t below = 0;
  for (size_t i = 0; i < BUCKETS; i++) {
    below += l->buckets[i];
    if ((double)below > rank * (double)l->deliveries)
      return 1e3 * BUCKET_S * (double)(i + 1);
  }
  return 1e3 * l->max_s;
}

static struct ws_result result_of(const struct ws_listeners *l, uint64_t messages)
{
  struct ws_result r = {.deliveries = l->deliveries,
                        .p50_ms = rank_ms(l, 0.5),
                        .p99_ms = rank_ms(l, 0.99),
                        .max_ms = 1e3 * l->max_s,
                        .cpu_s = l->cpu_s};
  struct load_times behind = {{0}};
  for (uint64_t i = 0; i < messages; i++) {
    double late_s = l->last_s[i] - l->answered_s[i]; /* the event may come before the answer */
    load_times_add(&behind, late_s > 0 ? late_s : 0);
    r.last_s = l->last_s[i] > r.last_s ? l->last_s[i] : r.last_s;
  }
  r.behind_p50_ms = load_times_rank(&behind, 0.5);
  r.behind_p99_ms = load_times_rank(&behind, 0.99);
  load_times_finish(&behind);
  return r;
}

struct ws_result ws_finish(struct ws_listeners *l, uint64_t messages)
{
  atomic_store(&l->total, messages);
  pthread_join(l->thread, NULL);
  struct ws_result r = result_of(l, messages);
  bench_require(r.deliveries == messages * l->o.listeners, "more events came than messages");
  for (unsigned i = 0; i < l->o.listeners; i++) {
    close(l->all[i].fd);
    free(l->all[i].seen);
    topo_buf_finish(&l->all[i].in);
  }
  close(l->epoll);
  free(l->last_s);
  free(l->answered_s);
  free((void *)l->asked_s);
  free(l);
  return r;
}
