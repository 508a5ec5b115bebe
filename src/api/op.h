/*
 * op.h - operations: what a client can ask, free of HTTP.
 *
 * An operation is a row: its name, method, path template, parameters and handler. The rows of the
 * product are generated (api/operations.gen.h). Fronts (the gateway today, others later) find the
 * row, check the parameters against their declarations, fill a call and hand it to the runner. The
 * runner takes it to where it may run and reports once it is done.
 */
#ifndef TOPO_API_OP_H
#define TOPO_API_OP_H

#include "api/json.h"
#include "api/subscription.h"
#include "base/bytes.h"

enum {
  TOPO_OP_PARAMS_MAX = 12,
  TOPO_OP_DETAIL_SIZE = 256,
  TOPO_OP_BODY_MAX = 256 * 1024, /* bytes of a request body */
  TOPO_OP_TEXT_MAX = 64 * 1024,  /* bytes of one text parameter */
  TOPO_OP_KEY_SIZE = 129         /* an idempotency key with its NUL */
};

enum topo_op_location { TOPO_OP_PATH, TOPO_OP_QUERY, TOPO_OP_BODY };
enum topo_op_kind {
  TOPO_OP_ID,   /* 43 characters of base64url → 32 bytes */
  TOPO_OP_TEXT, /* UTF-8, `min`..`max` bytes, no NUL */
  TOPO_OP_UINT, /* an integer `min`..`max`; in bodies a number or a decimal string */
  TOPO_OP_BOOL,
  TOPO_OP_ENUM /* one of `texts` */
};

struct topo_op_param {
  const char *name;
  enum topo_op_location location;
  enum topo_op_kind kind;
  bool required;
  uint64_t min, max; /* of TEXT and UINT; max 0: TOPO_OP_TEXT_MAX bytes, or any 64-bit number */
  const char *const *texts; /* of ENUM: ends with NULL */
};

/* Where a handler runs, and so what it may touch. */
enum topo_op_where {
  TOPO_OP_REGISTRY, /* the registry of spaces; parameter {space} is not used */
  TOPO_OP_READ,     /* a read-only snapshot of the space, on any thread */
  TOPO_OP_SPACE     /* the step of the space: may write; done once its commit is durable */
};

/* The least that a caller's token must be good for (openapi/openapi.yaml, Scope). */
enum topo_scope { TOPO_SCOPE_OPEN, TOPO_SCOPE_READ, TOPO_SCOPE_WRITE, TOPO_SCOPE_ADMIN };

struct topo_op_call;
struct topo_type; /* dag/type.h; here it is only carried */

struct topo_op {
  const char *id;      /* operationId, e.g. "sendMessage" */
  const char *method;  /* "GET", "POST", "DELETE", "PUT" */
  const char *path;    /* "/v1/spaces/{space}/channels/{channel}/messages" */
  const char *summary; /* one line, for people */
  enum topo_op_where where;
  enum topo_scope scope;
  const struct topo_op_param *params; /* ends with a NULL name */
  /* Reads parameters, writes the JSON answer to call->out. Returns 0, or a negative status after
   * topo_op_fail put a sentence into the call. `ctx` is what the runner serves for `where`. */
  int (*run)(struct topo_op_call *call, void *ctx);
  bool creates;                    /* success made a new thing; HTTP says 201 instead of 200 */
  bool idempotent;                 /* takes an idempotency key */
  const struct topo_type *authors; /* the type of event that it makes of its parameters; or NULL */
};

struct topo_op_value {
  bool present;
  struct topo_id id;
  char *text; /* NUL-terminated, owned by the call; for TOPO_OP_TEXT, TOPO_OP_ENUM */
  size_t text_len;
  uint64_t number; /* TOPO_OP_UINT, TOPO_OP_BOOL; of TOPO_OP_ENUM the index among its texts */
};

struct topo_op_call {
  const struct topo_op *op;
  struct topo_op_value values[TOPO_OP_PARAMS_MAX]; /* in the order of op->params */
  struct topo_json out;
  /* Set by the front: the client's idempotency key for a write (op->idempotent), and for a read
   * (op->where == TOPO_OP_READ) the event cursor of the answer that the client has. Empty: none. */
  char idempotency_key[TOPO_OP_KEY_SIZE], known[TOPO_SUBSCRIPTION_CURSOR_SIZE];
  bool one_space; /* from the front: other spaces do not exist for this caller */
  /* From the runner. `replayed`: the answer is that of an earlier call with the same key. `cursor`:
   * of a READ, the event cursor of the moment that it shows. `unchanged`: that is `known`, and the
   * answer was left empty. */
  bool replayed, unchanged;
  bool existed; /* from the handler: nothing new was made, although the operation makes things */
  char cursor[TOPO_SUBSCRIPTION_CURSOR_SIZE];
  int status;                       /* set by the runner before `done` */
  char detail[TOPO_OP_DETAIL_SIZE]; /* a sentence for people when status < 0; may be empty */
  char pointer[64];                 /* the name of the parameter at fault, or empty */
  void (*done)(struct topo_op_call *call, void *arg); /* called once, from any thread */
  void *done_arg;
};

/* Call lifetime: create, set values, run, read out and status, destroy. */
struct topo_op_call *topo_op_call_create(const struct topo_op *op); /* NULL: out of memory */
void topo_op_call_destroy(struct topo_op_call *call);               /* wipes texts; NULL is fine */

/* Checks the text of one parameter against its declaration and stores it. 0, TOPO_EINVAL (detail
 * and pointer filled; also for a name that the operation does not declare at `location`: *unknown
 * is set and the caller may ignore it), TOPO_ELIMIT, TOPO_ENOMEM. */
int topo_op_set(struct topo_op_call *call, enum topo_op_location location, const char *name,
                const char *text, size_t len, bool *unknown);
/* Checks a whole JSON object and stores its members as TOPO_OP_BODY parameters; unknown members are
 * ignored, and null means that the member is absent. The text is checked for UTF-8, NUL, depth and
 * duplicate keys (json_check.h) before it is parsed. 0, or with detail (and pointer, where a member
 * is at fault) TOPO_EMALFORMED, TOPO_EINVAL, TOPO_ELIMIT (a text or the whole body is too long, or
 * nests too deeply), TOPO_ENOMEM. */
int topo_op_set_body(struct topo_op_call *call, const char *text, size_t len);
/* Every required parameter present? 0, or TOPO_EINVAL with detail and pointer. */
int topo_op_check(struct topo_op_call *call);

/* For handlers. The name must be declared (asserted). */
const struct topo_op_value *topo_op_get(const struct topo_op_call *call, const char *name);
/* Puts a sentence into the call (printf format) and returns `status`. */
int topo_op_fail(struct topo_op_call *call, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* For runners: reports the call done with this status. Its memory may be gone on return. */
void topo_op_done(struct topo_op_call *call, int status);

/* Takes calls to where they run. `start` never blocks for long and never calls `done` for a call
 * after it returned that call's memory; `done` may run before `start` returns. */
struct topo_op_runner {
  void (*start)(void *ctx, struct topo_op_call *call);
  void *ctx;
};

/* Finds the row for a method and a concrete path. Path parameters are set into *call, which is
 * created. 0, TOPO_ENOTFOUND (no such path), TOPO_EDENIED (the path exists, the method does not:
 * 405), TOPO_EINVAL, TOPO_ENOMEM. `table` ends with a NULL entry. On failure *call is NULL, or for
 * TOPO_EINVAL a call that holds the detail; the caller destroys it. */
int topo_op_route(const struct topo_op *const *table, const char *method, const char *path,
                  struct topo_op_call **call);

/* The methods that the table offers for a path, as "GET, POST", for the Allow header. `out` is cut
 * at `size` (≥ 1) bytes and always ends with NUL; empty when there is no such path. */
void topo_op_methods(const struct topo_op *const *table, const char *path, char *out, size_t size);

#endif
