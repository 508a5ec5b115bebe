/* load.c - see load.h. One epoll, one buffer for each connection. */
#include "bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/bench.h"

enum { READ = 64 * 1024, NAME = 64 };
static const double PATIENCE_S = 60;

struct client {
  int fd;
  bool waiting; /* for an answer */
  size_t whole; /* bytes of head and body; 0: not known yet */
  size_t head;  /* of these, the head's */
  int status;
  double asked_s, due_s; /* when it was asked; when the next is to be, under a pace */
  struct topo_buf in;
};

struct run {
  const struct load *load;
  int epoll;
  unsigned busy; /* connections that may still ask */
  double start_s, pace_s;
  struct client clients[LOAD_CONNECTIONS_MAX];
  struct topo_buf out;
  struct load_times times;
  struct load_result result;
};

/* ---- latencies ------------------------------------------------------------------------------- */

void load_times_add(struct load_times *times, double seconds)
{
  float ms = (float)(1e3 * seconds);
  bench_check(topo_buf_put(&times->values, &ms, sizeof ms), "latencies");
}

static int compare_floats(const void *a, const void *b)
{
  float x = *(const float *)a, y = *(const float *)b;
  return x < y ? -1 : x > y;
}

double load_times_rank(struct load_times *times, double rank)
{
  size_t n = times->values.len / sizeof(float);
  const float *values = (const float *)(void *)times->values.data;
  if (!n)
    return 0;
  qsort(times->values.data, n, sizeof(float), compare_floats);
  size_t at = (size_t)(rank * (double)n);
  return (double)values[at < n ? at : n - 1];
}

void load_times_finish(struct load_times *times)
{
  topo_buf_finish(&times->values);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void put_text(struct topo_buf *out, const char *text)
{
  topo_buf_put(out, text, strlen(text));
}

void load_put_request(struct topo_buf *out, const struct load_address *at, const char *method,
                      const char *path, const char *extra, const char *body)
{
  char host[96], length[96];
  snprintf(host, sizeof host, " HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n", at->port);
  put_text(out, method);
  put_text(out, " ");
  put_text(out, path);
  put_text(out, host);
  if (at->token[0]) {
    put_text(out, "Authorization: Bearer ");
    put_text(out, at->token);
    put_text(out, "\r\n");
  }
  put_text(out, extra);
  if (body) {
    snprintf(length, sizeof length, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
             strlen(body));
    put_text(out, length);
  }
  put_text(out, "\r\n");
  if (body)
    put_text(out, body);
  bench_require(!out->failed, "out of memory");
}

int load_connect(const struct load_address *at)
{
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  struct sockaddr_in tcp = {.sin_family = AF_INET, .sin_port = htons((uint16_t)at->port)};
  int on = 1;
  tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  snprintf(local.sun_path, sizeof local.sun_path, "%s", at->socket_path);
  int fd = socket(at->port ? AF_INET : AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int failed = at->port ? connect(fd, (const struct sockaddr *)&tcp, sizeof tcp)
                        : connect(fd, (const struct sockaddr *)&local, sizeof local);
  bench_require(fd >= 0 && failed == 0, "the daemon cannot be reached");
  if (at->port)
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/* ---- answers --------------------------------------------------------------------------------- */

/* The value of a header, or NULL; the head is NUL-terminated for the time being. */
static const char *find_header(const char *head, const char *name)
{
  size_t len = strlen(name);
  for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, len) == 0 && line[len] == ':')
      return line + len + 1;
  }
  return NULL;
}

/* Learns where the answer ends, once its head is there. */
static void read_head(struct client *c)
{
  char *text = (char *)c->in.data;
  char *end = memmem(text, c->in.len, "\r\n\r\n", 4);
  if (!end)
    return;
  end[2] = '\0'; /* the empty line is put back below */
  const char *length = find_header(text, "Content-Length");
  bench_require(sscanf(text, "HTTP/1.1 %d", &c->status) == 1, "this is no answer");
  bench_require(length || c->status == 304 || c->status == 204, "an answer has no length");
  c->head = (size_t)(end - text) + 4;
  c->whole = c->head + (length && c->status != 304 ? strtoul(length, NULL, 10) : 0);
  end[2] = '\r';
}

static void take_answer(struct run *run, struct client *c)
{
  const struct load *load = run->load;
  struct load_answer answer = {.status = c->status,
                               .head = {c->in.data, c->head},
                               .body = {c->in.data + c->head, c->whole - c->head},
                               .asked_s = c->asked_s,
                               .answered_s = bench_wall_s()};
  if (c->status != load->expect)
    fprintf(stderr, "%.*s\n", (int)(c->whole < 2000 ? c->whole : 2000), (char *)c->in.data);
  bench_require(c->status == load->expect, "an answer has another status than was expected");
  bench_require(c->in.len == c->whole, "there is more than was asked for");
  load_times_add(&run->times, answer.answered_s - answer.asked_s);
  run->result.answers++;
  run->result.bytes += answer.body.len;
  if (load->answered)
    load->answered(load->arg, (unsigned)(c - run->clients), &answer);
  topo_buf_clear(&c->in);
  c->waiting = false;
  c->whole = 0;
}

static void ask(struct run *run, struct client *c)
{
  const struct load *load = run->load;
  double now_s = bench_wall_s();
  topo_buf_clear(&run->out);
  if ((load->seconds > 0 && now_s >= run->start_s + load->seconds) ||
      !load->ask(load->arg, (unsigned)(c - run->clients), &run->out)) {
    run->busy--;
    c->due_s = 0;
    return;
  }
  c->waiting = true;
  c->asked_s = now_s;
  /* The schedule does not wait for slow answers: what is late is sent as soon as it can be. */
  c->due_s += run->pace_s;
  ssize_t sent = send(c->fd, run->out.data, run->out.len, MSG_NOSIGNAL);
  bench_require(sent == (ssize_t)run->out.len, "a request did not leave whole");
}

static void read_some(struct run *run, struct client *c)
{
  bench_check(topo_buf_reserve(&c->in, READ), "an answer");
  ssize_t n = recv(c->fd, c->in.data + c->in.len, c->in.cap - c->in.len, MSG_DONTWAIT);
  if (n < 0 && errno == EAGAIN)
    return;
  bench_require(n > 0, "the daemon ended a connection");
  c->in.len += (size_t)n;
  if (!c->whole)
    read_head(c);
  if (!c->whole || c->in.len < c->whole)
    return;
  take_answer(run, c);
  if (run->pace_s == 0)
    ask(run, c);
}

/* ---- running --------------------------------------------------------------------------------- */

static void open_clients(struct run *run)
{
  run->epoll = epoll_create1(EPOLL_CLOEXEC);
  bench_require(run->epoll >= 0, "no epoll");
  for (unsigned i = 0; i < run->load->connections; i++) {
    struct client *c = &run->clients[i];
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
    c->fd = load_connect(run->load->at);
    bench_require(epoll_ctl(run->epoll, EPOLL_CTL_ADD, c->fd, &e) == 0, "no epoll");
  }
}

static void close_clients(struct run *run)
{
  for (unsigned i = 0; i < run->load->connections; i++) {
    close(run->clients[i].fd);
    topo_buf_finish(&run->clients[i].in);
  }
  close(run->epoll);
}

/* Sends what is due under a pace; returns for how long nothing will be. */
static int send_due(struct run *run)
{
  double now_s = bench_wall_s(), next_s = now_s + 0.1;
  for (unsigned i = 0; i < run->load->connections; i++) {
    struct client *c = &run->clients[i];
    if (c->waiting || c->due_s == 0)
      continue;
    if (c->due_s <= now_s)
      ask(run, c);
    else if (c->due_s < next_s)
      next_s = c->due_s;
  }
  return (int)(1e3 * (next_s - now_s)) + 1;
}

static bool waits_for_answers(const struct run *run)
{
  for (unsigned i = 0; i < run->load->connections; i++)
    if (run->clients[i].waiting)
      return true;
  return false;
}

static void start_clients(struct run *run)
{
  run->busy = run->load->connections;
  run->start_s = bench_wall_s();
  if (run->load->pace)
    run->pace_s = run->load->connections / (double)run->load->pace;
  for (unsigned i = 0; i < run->load->connections; i++) {
    struct client *c = &run->clients[i];
    c->due_s = run->start_s + run->pace_s * i / run->load->connections;
    if (run->pace_s == 0)
      ask(run, c);
  }
}

static void serve(struct run *run)
{
  struct epoll_event events[LOAD_CONNECTIONS_MAX];
  while (run->busy || waits_for_answers(run)) {
    int wait_ms = run->pace_s > 0 ? send_due(run) : (int)(1e3 * PATIENCE_S);
    int n = epoll_wait(run->epoll, events, LOAD_CONNECTIONS_MAX, wait_ms);
    bench_require(n > 0 || run->pace_s > 0, "the daemon has fallen silent");
    for (int i = 0; i < n; i++)
      read_some(run, &run->clients[events[i].data.u32]);
  }
}

struct load_result load_run(const struct load *load)
{
  struct run *run = calloc(1, sizeof *run);
  bench_require(run && load->connections <= LOAD_CONNECTIONS_MAX, "too many connections");
  run->load = load;
  open_clients(run);
  double cpu_s = bench_cpu_s();
  start_clients(run);
  serve(run);
  struct load_result result = run->result;
  result.wall_s = bench_wall_s() - run->start_s;
  result.cpu_s = bench_cpu_s() - cpu_s;
  result.p50_ms = load_times_rank(&run->times, 0.5);
  result.p99_ms = load_times_rank(&run->times, 0.99);
  result.max_ms = load_times_rank(&run->times, 1);
  close_clients(run);
  load_times_finish(&run->times);
  topo_buf_finish(&run->out);
  free(run);
  return result;
}

void load_report(const char *name, const struct load_result *r)
{
  const struct {
    const char *what;
    double value;
    const char *unit;
  } lines[] = {{"", (double)r->answers / r->wall_s, "request/s"},
               {"_p50", r->p50_ms, "ms"},
               {"_p99", r->p99_ms, "ms"},
               {"_max", r->max_ms, "ms"},
               {"_cpu_client", 1e6 * r->cpu_s / (double)r->answers, "us/request"}};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    char text[NAME];
    snprintf(text, sizeof text, "%s%s", name, lines[i].what);
    bench_line(text, lines[i].value, lines[i].unit);
  }
}
