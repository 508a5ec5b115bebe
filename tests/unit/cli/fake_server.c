/* fake_server.c - accept, read one request, hand it on. */
#include "unit/cli/fake_server.h"

#include "base/assert.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct fake_server {
  char path[108];
  int listener, stop;
  enum fake_fate (*serve)(void *arg, int fd, const struct fake_request *request);
  void *arg;
  pthread_t thread;
  pthread_mutex_t lock; /* over what was kept */
  int kept[FAKE_KEPT_MAX];
  unsigned count;
};

void fake_server_write(int fd, const char *bytes)
{
  size_t left = strlen(bytes);
  while (left) {
    ssize_t n = send(fd, bytes, left, MSG_NOSIGNAL);
    if (n <= 0)
      return; /* the client has gone: the test will see what came of it */
    bytes += n;
    left -= (size_t)n;
  }
}

void fake_server_answer(int fd, int status, const char *headers, const char *json)
{
  char head[512];
  snprintf(head, sizeof head,
           "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s"
           "Connection: close\r\n\r\n",
           status, strlen(json), headers);
  fake_server_write(fd, head);
  fake_server_write(fd, json);
}

void fake_server_stream(int fd)
{
  fake_server_write(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                        "Connection: close\r\n\r\n");
}

void fake_request_header(const struct fake_request *request, const char *name, char *out,
                         size_t size)
{
  size_t len = strlen(name);
  out[0] = '\0';
  for (const char *line = strstr(request->text, "\r\n"); line; line = strstr(line + 2, "\r\n"))
    if (strncasecmp(line + 2, name, len) == 0 && line[2 + len] == ':') {
      const char *value = line + 2 + len + 1 + (line[2 + len + 1] == ' ');
      snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
      return;
    }
}

static size_t length_of_body(const struct fake_request *request)
{
  char text[32];
  fake_request_header(request, "Content-Length", text, sizeof text);
  return (size_t)strtoul(text, NULL, 10);
}

/* Reads one request; false when the client went away before its end. */
static int read_request(int fd, struct fake_request *request)
{
  size_t len = 0;
  for (;;) {
    const char *end = strstr(request->text, "\r\n\r\n");
    if (end && strlen(end + 4) >= length_of_body(request)) {
      request->body = end + 4;
      return sscanf(request->text, "%15s %2047s", request->method, request->path) == 2;
    }
    topo_assert(len + 1 < sizeof request->text);
    ssize_t n = read(fd, request->text + len, sizeof request->text - len - 1);
    if (n <= 0)
      return 0;
    len += (size_t)n;
  }
}

/* Under the lock from the test's function on until the connection is kept: whoever learns from that
 * function of a stream can push into it. */
static void take_connection(struct fake_server *server)
{
  struct fake_request request = {.body = ""};
  int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0)
    return;
  int complete = read_request(fd, &request);
  pthread_mutex_lock(&server->lock);
  if (complete && server->serve(server->arg, fd, &request) == FAKE_KEEP) {
    topo_assert(server->count < FAKE_KEPT_MAX);
    server->kept[server->count++] = fd;
  } else {
    close(fd);
  }
  pthread_mutex_unlock(&server->lock);
}

static void *run(void *arg)
{
  struct fake_server *server = arg;
  struct pollfd wait[2] = {{server->listener, POLLIN, 0}, {server->stop, POLLIN, 0}};
  for (;;) {
    topo_assert(poll(wait, 2, -1) > 0);
    if (wait[1].revents)
      return NULL;
    take_connection(server);
  }
}

struct fake_server *fake_server_create(const char *socket_path,
                                       enum fake_fate (*serve)(void *arg, int fd,
                                                               const struct fake_request *request),
                                       void *arg)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct fake_server *server = calloc(1, sizeof *server);
  topo_assert(server && strlen(socket_path) < sizeof server->path);
  strcpy(server->path, socket_path);
  strcpy(address.sun_path, socket_path);
  server->serve = serve;
  server->arg = arg;
  pthread_mutex_init(&server->lock, NULL);
  server->stop = eventfd(0, EFD_CLOEXEC);
  server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  topo_assert(server->stop >= 0 && server->listener >= 0);
  topo_assert(bind(server->listener, (struct sockaddr *)&address, sizeof address) == 0);
  topo_assert(listen(server->listener, 16) == 0);
  topo_assert(pthread_create(&server->thread, NULL, run, server) == 0);
  return server;
}

void fake_server_lock(struct fake_server *server)
{
  pthread_mutex_lock(&server->lock);
}

void fake_server_unlock(struct fake_server *server)
{
  pthread_mutex_unlock(&server->lock);
}

void fake_server_push(struct fake_server *server, const char *bytes)
{
  pthread_mutex_lock(&server->lock);
  for (unsigned i = 0; i < server->count; i++)
    fake_server_write(server->kept[i], bytes);
  pthread_mutex_unlock(&server->lock);
}

void fake_server_drop(struct fake_server *server)
{
  pthread_mutex_lock(&server->lock);
  while (server->count)
    close(server->kept[--server->count]);
  pthread_mutex_unlock(&server->lock);
}

void fake_server_destroy(struct fake_server *server)
{
  const unsigned long long one = 1;
  if (!server)
    return;
  topo_assert(write(server->stop, &one, sizeof one) == (ssize_t)sizeof one);
  topo_assert(pthread_join(server->thread, NULL) == 0);
  close(server->listener);
  unlink(server->path);
  fake_server_drop(server);
  close(server->stop);
  pthread_mutex_destroy(&server->lock);
  free(server);
}
