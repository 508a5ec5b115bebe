/*
 * fake_server.h - a server on a Unix socket that does to HTTP what the test wants: answers,
 * streams, or breaks off.
 *
 * One thread; a request is read to its end before the test's function has it.
 */
#ifndef TESTS_UNIT_CLI_FAKE_SERVER_H
#define TESTS_UNIT_CLI_FAKE_SERVER_H

#include <stddef.h>

enum { FAKE_TEXT_SIZE = 16384, FAKE_KEPT_MAX = 16 };

struct fake_request {
  char text[FAKE_TEXT_SIZE]; /* all of it */
  char method[16], path[2048];
  const char *body;
};

enum fake_fate {
  FAKE_CLOSE, /* the connection ends once the function returns */
  FAKE_KEEP   /* it stays, for fake_server_push */
};

struct fake_server;

/* Serves at once. `serve` runs in the server's thread. Never NULL. */
struct fake_server *fake_server_create(const char *socket_path,
                                       enum fake_fate (*serve)(void *arg, int fd,
                                                               const struct fake_request *request),
                                       void *arg);
/* Writes to every connection that was kept. */
void fake_server_push(struct fake_server *server, const char *bytes);
/* Ends every connection that was kept. */
void fake_server_drop(struct fake_server *server);
/* Between these two `serve` does not run: for what it and the test share. */
void fake_server_lock(struct fake_server *server);
void fake_server_unlock(struct fake_server *server);
/* Ends everything and removes the socket; NULL is fine. */
void fake_server_destroy(struct fake_server *server);

/* For `serve`: a whole answer. `headers` are lines with CR LF, or "". */
void fake_server_answer(int fd, int status, const char *headers, const char *json);
/* The head of an event stream. */
void fake_server_stream(int fd);
/* Bytes as they are. */
void fake_server_write(int fd, const char *bytes);
/* The value of a header, copied; "" when there is none. */
void fake_request_header(const struct fake_request *request, const char *name, char *out,
                         size_t size);

#endif
