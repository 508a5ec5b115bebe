/*
 * space.h - a space whose tables are filled by hand, and its views.
 *
 * The tables are the real ones (topo_dag_open makes them) in a temporary file; rows are written
 * through one handle and read through another that is read-only, as the daemon does. Every failure
 * fails the test. Include cmocka.h first.
 */
#ifndef TOPO_TESTS_EVENTS_SPACE_H
#define TOPO_TESTS_EVENTS_SPACE_H

#include "dag/type.h"
#include "views/view.h"

#include <cjson/cJSON.h>

struct space {
  char folder[32], path[48];
  struct topo_db *db, *reader;
  struct topo_view view; /* of `reader`; workspace and device are names "workspace", "device" 0 */
};

struct space *space_create(void);
void space_destroy(struct space *space); /* removes the file */

/* An id that follows from a word and a number. */
struct topo_id space_id(const char *word, unsigned n);
/* The row of an id, which is made when there is none. */
int64_t space_no(struct space *space, const struct topo_id *id);
/* A valid credential of user "user" n. */
void space_credential(struct space *space, unsigned user, const struct topo_id *device,
                      enum topo_role role, bool genesis);
void space_name(struct space *space, const struct topo_id *of, const char *name);
void space_channel(struct space *space, const struct topo_id *id, unsigned user, uint64_t hlc,
                   const char *name);
void space_message(struct space *space, const struct topo_id *id, const struct topo_id *channel,
                   unsigned user, uint64_t hlc, const char *text);
/* Reaction number `n` (each is an event of its own) of user "user" `user`. */
void space_reaction(struct space *space, unsigned n, const struct topo_id *message, unsigned user,
                    const char *emoji);

/* Runs GET `path` after "/v1/spaces/{space}", with query parameters as name, text, ..., NULL.
 * Returns the call, whose status is set. */
struct topo_op_call *space_call(struct space *space, const char *path, const char *const *query);
/* The same when it must succeed: the parsed answer, to be deleted. */
cJSON *space_get(struct space *space, const char *path, const char *const *query);
cJSON *space_parse(const struct topo_json *json);
/* "/channels/ID/messages" */
void space_messages_path(char *out, size_t size, const struct topo_id *channel);

const char *space_text(const cJSON *object, const char *key);
bool space_true(const cJSON *object, const char *key);
double space_number(const cJSON *object, const char *key);
/* Fails unless object[key] is the text of this id. */
void space_assert_id(const cJSON *object, const char *key, const struct topo_id *id);

#endif
