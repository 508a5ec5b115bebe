/* http_client.c - a raw client over a Unix socket. */
#include "unit/gateway/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

int client_connect(const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval patience = {.tv_sec = 10};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    if (fd >= 0)
      close(fd);
    return -1;
  }
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
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
