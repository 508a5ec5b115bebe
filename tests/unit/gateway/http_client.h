/* http_client.h - a raw client: bytes go out as the test wrote them, and come back unparsed. */
#ifndef TESTS_UNIT_GATEWAY_HTTP_CLIENT_H
#define TESTS_UNIT_GATEWAY_HTTP_CLIENT_H

#include <stddef.h>
#include <stdint.h>

struct reply {
  int status; /* of the first answer; 0 when the connection ended without one */
  char *text; /* everything received, NUL-terminated */
  size_t len;
};

/* A connected descriptor; -1 when nobody listens. Reads on it give up after ten seconds. */
int client_connect(const char *path);
/* The same over TCP, on 127.0.0.1. */
int client_dial(uint16_t port);
/* Sends all of it; false when the other end closed. */
int client_send(int fd, const void *data, size_t len);
/* Reads until the other end closes. Closes fd. */
struct reply client_finish(int fd);
/* connect, send, finish. */
struct reply client_ask(const char *path, const char *request);
void reply_free(struct reply *reply);
/* The body of the first answer. */
const char *reply_body(const struct reply *reply);

#endif
