/* http_client.c - a raw client over a Unix socket or TCP. */
#include "unit/gateway/http_client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const void *address, socklen_t len, int family)
{
  struct timeval patience = {.tv_sec = 10};
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, address, len) < 0) {
    if (fd >= 0)
      close(fd);
    return -1;
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

int client_connect(const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  return connect_to(&address, sizeof address, AF_UNIX);
}

int client_dial(uint16_t port)
{
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  return connect_to(&address, sizeof address, AF_INET);
}

int client_send(int fd, const void *data, size_t len)
{
  const char *at = data;
  while (len) {
    ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
    if (n <= 0)
      return 0;
    at += n;
    len -= (size_t)n;
  }
  return 1;
}

struct reply client_finish(int fd)
{
  struct reply reply = {0};
  size_t cap = 4096;
  reply.text = malloc(cap);
  for (;;) {
    if (reply.len + 1 == cap)
      reply.text = realloc(reply.text, cap *= 2);
    if (!reply.text)
      abort();
    ssize_t n = recv(fd, reply.text + reply.len, cap - 1 - reply.len, 0);
    if (n <= 0)
      break;
    reply.len += (size_t)n;
  }
  close(fd);
  reply.text[reply.len] = '\0';
  if (sscanf(reply.text, "HTTP/1.1 %d", &reply.status) != 1)
    reply.status = 0;
  return reply;
}

struct reply client_ask(const char *path, const char *request)
{
  int fd = client_connect(path);
  if (fd < 0)
    return (struct reply){0};
  client_send(fd, request, strlen(request));
  return client_finish(fd);
}

void reply_free(struct reply *reply)
{
  free(reply->text);
  *reply = (struct reply){0};
}

const char *reply_body(const struct reply *reply)
{
  const char *end = reply->text ? strstr(reply->text, "\r\n\r\n") : NULL;
  return end ? end + 4 : "";
}
