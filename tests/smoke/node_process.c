/* node_process.c - see node_process.h. */
#include "smoke/node_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READY_MS = 20000, CALL_MS = 60000, ANSWER_MAX = 8 * 1024 * 1024 };

uint64_t node_process_now_ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void node_process_init(struct node_process *p, const char *root, const char *name)
{
  *p = (struct node_process){.pid = 0};
  snprintf(p->dir, sizeof p->dir, "%.60s/%s", root, name);
  snprintf(p->socket, sizeof p->socket, "%s/topod.sock", p->dir);
  mkdir(p->dir, 0700);
}

static void run_daemon(const struct node_process *p, int ready)
{
  char bind[32], fd[16], program[512];
  const char *build = getenv("TOPO_BUILDDIR");
  snprintf(program, sizeof program, "%s/topod", build ? build : ".");
  snprintf(bind, sizeof bind, "127.0.0.1:%u", p->port);
  snprintf(fd, sizeof fd, "%d", ready);
  execl(program, program, "--data", p->dir, "--bind", bind, "--listen",
        p->http ? "127.0.0.1:0" : "none", "--ready-fd", fd, (char *)NULL);
  fprintf(stderr, "%s: %s\n", program, strerror(errno));
  _exit(127);
}

/* The one line that says "ready", or why not. */
static bool read_ready(int fd, const char *dir)
{
  char line[512] = "";
  size_t n = 0;
  struct pollfd p = {.fd = fd, .events = POLLIN};
  while (n + 1 < sizeof line && poll(&p, 1, READY_MS) > 0) {
    ssize_t got = read(fd, line + n, sizeof line - 1 - n);
    if (got <= 0)
      break;
    n += (size_t)got;
    if (memchr(line, '\n', n))
      break;
  }
  if (strcmp(line, "ready\n") == 0)
    return true;
  fprintf(stderr, "# %s did not start: %s\n", dir, line);
  return false;
}

static void learn_port(struct node_process *p)
{
  char *body = NULL, address[80];
  if (node_process_call(p, "GET", "/v1/status", NULL, &body) == 200 &&
      node_process_member(body, "udp_address", address, sizeof address))
    p->port = (unsigned)strtoul(strrchr(address, ':') + 1, NULL, 10);
  free(body);
}

bool node_process_start(struct node_process *p)
{
  int fds[2];
  if (pipe(fds) != 0)
    return false;
  p->pid = fork();
  if (p->pid == 0) {
    close(fds[0]);
    run_daemon(p, fds[1]);
  }
  close(fds[1]);
  bool ready = p->pid > 0 && read_ready(fds[0], p->dir);
  close(fds[0]);
  if (ready && p->port == 0)
    learn_port(p);
  return ready;
}

void node_process_kill(struct node_process *p)
{
  if (p->pid <= 0)
    return;
  kill(p->pid, SIGKILL);
  waitpid(p->pid, NULL, 0);
  p->pid = 0;
}

bool node_process_stop(struct node_process *p)
{
  int status = 0;
  if (p->pid <= 0)
    return false;
  kill(p->pid, SIGTERM);
  waitpid(p->pid, &status, 0);
  p->pid = 0;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int dial(const char *path)
{
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  struct timeval limit = {CALL_MS / 1000, 0};
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
  if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) != 0) {
    close(fd);
    return -1;
  }
  if (fd >= 0)
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  return fd;
}

static bool send_all(int fd, const char *data, size_t len)
{
  while (len) {
    ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    data += n;
    len -= (size_t)n;
  }
  return true;
}

/* Reads until the end of the connection; NUL-terminated. */
static char *read_all(int fd)
{
  size_t cap = 16384, n = 0;
  char *text = malloc(cap);
  ssize_t got = 1;
  while (text && got > 0 && n < ANSWER_MAX) {
    if (cap - n < 2) {
      char *more = realloc(text, cap *= 2);
      if (!more)
        break;
      text = more;
    }
    got = recv(fd, text + n, cap - n - 1, 0);
    if (got > 0)
      n += (size_t)got;
  }
  if (text)
    text[n] = '\0';
  return text;
}

/* The answer is whole when as many bytes came as it announced. */
static int parse(const char *answer, char **body)
{
  int status = 0;
  const char *end = strstr(answer, "\r\n\r\n");
  const char *length = strcasestr(answer, "\r\nContent-Length: ");
  if (!end || !length || sscanf(answer, "HTTP/1.1 %d", &status) != 1)
    return 0;
  if (strlen(end + 4) != strtoul(length + 18, NULL, 10))
    return 0;
  if (body)
    *body = strdup(end + 4);
  return status;
}

int node_process_call(const struct node_process *p, const char *method, const char *path,
                      const char *request, char **body)
{
  char head[1024];
  int fd = dial(p->socket), status = 0;
  if (body)
    *body = NULL;
  if (fd < 0)
    return 0;
  int n = snprintf(
      head, sizeof head,
      "%s %s HTTP/1.1\r\nHost: topo\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n", method,
      path, request ? "Content-Type: application/json\r\n" : "", request ? strlen(request) : 0);
  if (n > 0 && (size_t)n < sizeof head && send_all(fd, head, (size_t)n) &&
      (!request || send_all(fd, request, strlen(request)))) {
    char *answer = read_all(fd);
    status = answer ? parse(answer, body) : 0;
    free(answer);
  }
  close(fd);
  return status;
}

bool node_process_member(const char *json, const char *name, char *out, size_t size)
{
  char key[64];
  snprintf(key, sizeof key, "\"%s\":\"", name);
  const char *at = json ? strstr(json, key) : NULL;
  const char *end = at ? strchr(at + strlen(key), '"') : NULL;
  if (!end || (size_t)(end - at) - strlen(key) >= size)
    return false;
  size_t n = (size_t)(end - at) - strlen(key);
  memcpy(out, at + strlen(key), n);
  out[n] = '\0';
  return true;
}
