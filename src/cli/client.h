/*
 * client.h - one request to the daemon and its answer.
 */
#ifndef TOPO_CLI_CLIENT_H
#define TOPO_CLI_CLIENT_H

#include "cli/cli.h"

struct topo_cli_answer {
  int code; /* enum topo_cli_exit */
  long http;
  bool lost;            /* the connection broke before the answer came: it may be done or not */
  struct topo_buf text; /* the body */
  cJSON *tree;          /* the parsed body of a success; never NULL when code is TOPO_CLI_OK */
  char cursor[TOPO_CLI_CURSOR_SIZE]; /* the header Topo-Cursor; empty: there was none */
};

/* Asks. `body` NULL: no body. A refusal is told to the user on standard error, with the remedy;
 * only answer->code needs to be looked at. Under --json the body is printed, success or not. */
int topo_cli_ask(struct topo_cli *cli, const char *method, const char *path,
                 const struct topo_json *body, struct topo_cli_answer *answer);
/* A POST that the daemon does once however often it hears it: it carries a random Idempotency-Key,
 * and is made once more, with the same key, when the connection broke before the answer came. The
 * rest is as above. */
int topo_cli_write(struct topo_cli *cli, const char *path, const struct topo_json *body,
                   struct topo_cli_answer *answer);
/* The same as topo_cli_ask, but nothing is printed, and `text` goes out as it is. Returns
 * answer->code. */
int topo_cli_ask_quietly(struct topo_cli *cli, const char *method, const char *path,
                         const char *text, size_t text_len, struct topo_cli_answer *answer);
void topo_cli_answer_finish(struct topo_cli_answer *answer);
/* Tells a refusal to the user. */
void topo_cli_explain(const struct topo_cli *cli, const struct topo_cli_answer *answer);
/* Prints the body as it came, safe for a terminal if it goes to one. */
void topo_cli_print_body(const struct topo_cli *cli, const struct topo_cli_answer *answer);
/* Prints a JSON text and a line feed, likewise. */
void topo_cli_print_json(const struct topo_cli *cli, const void *text, size_t len);

/* Members of a JSON object; "" or 0 or false when they are missing or of another kind. */
const char *topo_cli_text(const cJSON *object, const char *name);
/* An id to print, or "?" when the member is none. */
const char *topo_cli_id(const cJSON *object, const char *name);
int64_t topo_cli_number(const cJSON *object, const char *name);
bool topo_cli_flag(const cJSON *object, const char *name);
/* The member "items": an array, or an empty item. */
const cJSON *topo_cli_items(const struct topo_cli_answer *answer);

/* The space that --space names (id, beginning of an id, or name), or the only one. Writes its id.
 * An exit code; a failure was told to the user. */
int topo_cli_space(struct topo_cli *cli, char *id, size_t size);
/* A path below that space, "/v1/spaces/{space}" and the printf-formatted rest. Likewise. */
int topo_cli_space_path(struct topo_cli *cli, char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
