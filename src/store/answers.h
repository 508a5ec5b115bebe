/*
 * answers.h - what was answered to a write, by the client's idempotency key. It is kept in the
 * write's own transaction, so that a retry, also one after a crash, is answered as the first was.
 *
 *   table         columns                                 what a row says
 *   local_answer  no, key, request, at_ms, event, answer  what was answered to a key, and when
 *
 * `request` is a hash of all that the request asked. `event` is the row of the event that the write
 * made: views that show the event show the key, too, so a client knows its own message again. Kept
 * are the answers of the last day, as far as they are among the last TOPO_ANSWERS_KEPT_MAX.
 */
#ifndef TOPO_STORE_ANSWERS_H
#define TOPO_STORE_ANSWERS_H

#include "store/db.h"

enum { TOPO_ANSWERS_KEPT_MAX = 50000, TOPO_ANSWERS_KEPT_MS = 24 * 3600 * 1000 };

extern const struct topo_migration topo_answers_migration;

/* Appends to `out` the answer that was given to `key`. Returns 0; TOPO_ENOTFOUND when the key is
 * new, or was last used more than a day before `now_ms`; TOPO_EMISMATCH when it was used for
 * another request; or a storage status (db.h). */
int topo_answers_find(struct topo_db *db, const char *key, const struct topo_id *request,
                      uint64_t now_ms, struct topo_buf *out);

/* Begins the answer to a key that is new, within the transaction of the write: from here on views
 * show the key with `event`, a row of the log, or 0 when the write makes none. 0 or a storage
 * status. */
int topo_answers_begin(struct topo_db *db, const char *key, const struct topo_id *request,
                       int64_t event, uint64_t now_ms);

/* Completes the answer, within the same transaction. 0 or a storage status. */
int topo_answers_end(struct topo_db *db, const char *key, struct topo_bytes answer);

#endif
