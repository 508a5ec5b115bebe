/*
 * answers.h - what was answered to a write, by the client's idempotency key: kept in the write's
 * own transaction, so that a retry, also after a crash, is answered as the first was.
 *
 *   local_answer(no, key, request, at_ms, event, answer)
 *
 * `event` is the row of the event that the write made; a view that shows it shows the key, too, and
 * the client knows its own message again. Kept are those of the last day, as far as they are among
 * the last TOPO_ANSWERS_KEPT_MAX.
 */
#ifndef TOPO_STORE_ANSWERS_H
#define TOPO_STORE_ANSWERS_H

#include "store/db.h"

enum { TOPO_ANSWERS_KEPT_MAX = 50000, TOPO_ANSWERS_KEPT_MS = 24 * 3600 * 1000 };

extern const struct topo_migration topo_answers_migration;

/* The answer to the request with this key: appended to `out`. 0; TOPO_ENOTFOUND, the key is new, or
 * was last used more than a day ago; TOPO_EMISMATCH, it was used for another request; or a storage
 * status. `request` is a hash of all that the request asks. */
int topo_answers_find(struct topo_db *db, const char *key, const struct topo_id *request,
                      uint64_t now_ms, struct topo_buf *out);
/* Begins the answer to a new key, in a transaction: from here on views show the key with the event
 * (a row of the log; 0: the write makes none). 0 or a storage status. */
int topo_answers_begin(struct topo_db *db, const char *key, const struct topo_id *request,
                       int64_t event, uint64_t now_ms);
/* Completes it, in the same transaction. 0 or a storage status. */
int topo_answers_end(struct topo_db *db, const char *key, struct topo_bytes answer);

#endif
