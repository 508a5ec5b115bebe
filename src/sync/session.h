/*
 * session.h - one connection's worth of chapter 6 of docs/protocol.md: greeting, sets,
 * reconciliation, wants, bulk and live streams. Bytes in, bytes out; it knows neither events nor
 * storage, only ids.
 *
 * The session runs inside its owner's step. It asks the owner (`owner`) for sets, for bytes and for
 * what is held, and hands it what arrives. It keeps no more in memory than its constants say:
 * sending pulls bytes from the owner when the connection has room, and received batches count
 * against the connection's window until the owner has applied them (topo_session_applied).
 *
 * States: greeting → member (regular) or inviting / joining (bootstrap, protocol §6.1) → closed.
 *
 * Rounds. The dialler exchanges SETS, reconciles what differs and exchanges SETS again. A round
 * after one that moved nothing waits: 100 ms, doubling up to 30 s. "Moved" means that something was
 * asked or sent and the sets of either side then changed. The responder answers SETS once it has
 * applied what it had received before them.
 *
 * Synced. True when the last exchanged pair of SETS was equal and every event since was pushed or
 * received live without a skip and no want is unanswered; what the peer does with a pushed event is
 * its business until the next exchange, at the latest after ten minutes.
 *
 * The end. A session that must end notes why; the next topo_session_receive, flush or tick closes
 * the connection and calls `closed` as its last act. A session is never destroyed within a callback
 * but `closed`.
 */
#ifndef TOPO_SYNC_SESSION_H
#define TOPO_SYNC_SESSION_H

#include "base/bytes.h"
#include "port/conn.h"
#include "sync/itemset.h"
#include "sync/session_fields.h"

/* What one session may hold of each kind. */
enum {
  TOPO_SESSION_EVENTS_BYTES_MAX = 192 * 1024, /* bytes of events in one EVENTS frame that we make */
  TOPO_SESSION_WANTS_MAX = 8192,              /* ids asked for and not yet answered */
  TOPO_SESSION_PEER_WANTS_MAX = 16384, /* ids that the peer asked for and that are not sent yet */
  TOPO_SESSION_RECONCILING_MAX = 4,    /* sets that are reconciled at a time */
  TOPO_SESSION_LIVE_MAX = 4096         /* ids that wait to be pushed */
};

struct topo_session;

/* The streams of a session, by their numbers on the connection; events come on the last two, and
 * the owner may treat them differently. */
enum topo_session_stream { TOPO_STREAM_CONTROL, TOPO_STREAM_BULK, TOPO_STREAM_LIVE };

struct topo_session_callbacks {
  /* Writes the rows of SETS, control first, then epochs newest first, into `out` (room for
   * TOPO_SESSION_SETS_MAX); returns how many, or a negative status. */
  int (*sets)(void *ctx, struct topo_session_set *out);
  /* The items of a set; NULL when there are none yet (treated as empty). Valid until the step ends.
   */
  const struct topo_itemset *(*items)(void *ctx, const struct topo_id *set);
  /* True when the event is stored in any state or is being checked right now: it is not asked for.
   */
  bool (*known)(void *ctx, const struct topo_id *id);
  /* Appends the event's bytes. 0, TOPO_ENOTFOUND, TOPO_ENOMEM, TOPO_EIO. */
  int (*read)(void *ctx, const struct topo_id *id, struct topo_buf *out);
  /* A batch of events: `data` is the payload of an EVENTS frame, borrowed for the call, already
   * checked for framing (every `u32 length ‖ event` lies inside; none is empty or over 65,536
   * bytes). The owner calls topo_session_applied with `len` once it is done with them, now or in a
   * later step. 0, or a negative status that closes the connection. */
  int (*events)(void *ctx, struct topo_session *s, enum topo_session_stream stream,
                const uint8_t *data, size_t len);
  /* The peer's HELLO was good. `connection` is its connection id (zero: invitee). 0, or a status
   * that closes the connection. */
  int (*greeted)(void *ctx, struct topo_session *s, const struct topo_id *conn);
  /* As inviter: the OFFER to make for this connection. 0, or a status that closes the connection.
   */
  int (*offer)(void *ctx, struct topo_session *s, struct topo_id *invite, uint16_t *slot,
               struct topo_id *auth);
  /* As joiner: an OFFER came; fill *join. 0 or a status. */
  int (*offered)(void *ctx, struct topo_session *s, const struct topo_id *invite, uint16_t slot,
                 const struct topo_id *auth, struct topo_session_join *join);
  /* As inviter: a JOIN came. The owner calls topo_session_welcome, within the call or later. 0 or a
   * status. */
  int (*join)(void *ctx, struct topo_session *s, const struct topo_session_join *join);
  /* As joiner: WELCOME came. The session closes the connection with code 10 afterwards. */
  void (*welcomed)(void *ctx, struct topo_session *s, const struct topo_id *admission);
  /* The session ended the connection by its own decision (a violation by the peer, or the end of a
   * bootstrap); status 0 for the latter. No call on the session but topo_session_destroy is allowed
   * afterwards. */
  void (*closed)(void *ctx, struct topo_session *s, int status);
};

enum topo_session_role {
  TOPO_SESSION_MEMBER,  /* both sides are devices of the workspace */
  TOPO_SESSION_INVITER, /* the peer showed an invite key */
  TOPO_SESSION_JOINER   /* we showed an invite key */
};

struct topo_session_options {
  struct topo_conn conn;
  const struct topo_session_callbacks *ops;
  void *ctx;
  enum topo_session_role role;
  bool initiator;                                  /* we dialled: we reconcile */
  struct topo_id workspace, scope, own_credential; /* own_credential: zero as joiner */
  uint64_t now_ms;                                 /* monotonic */
};

struct topo_session_state {
  bool greeted;
  bool synced;           /* equal SETS were exchanged and nothing moved since */
  uint32_t wanted;       /* asked of the peer and not yet answered */
  uint64_t remote_items; /* sum over the peer's last SETS */
  uint64_t received_events, sent_events, rounds;
};

/* Sends HELLO (and, when the connection has room, more). NULL and *status when memory is out. */
struct topo_session *topo_session_create(const struct topo_session_options *options, int *status);
/* Does not close the connection. NULL is fine. */
void topo_session_destroy(struct topo_session *s);

/* Bytes of one stream, in order. They are consumed (conn.h) by the session itself, except those of
 * EVENTS frames that were given to the owner. 0, or the status with which the connection was
 * closed. */
int topo_session_receive(struct topo_session *s, unsigned stream, const uint8_t *data, size_t len,
                         uint64_t now_ms);
/* The owner has done with `len` bytes of an `events` call on `stream`. */
void topo_session_applied(struct topo_session *s, enum topo_session_stream stream, size_t len);
/* An event became part of an item set (after its durable commit): push it to this peer on live,
 * unless it came from here. The owner calls it for each greeted member session but the source's. */
void topo_session_push(struct topo_session *s, const struct topo_id *id);
/* The event arrived or is no longer worth waiting for: it is not wanted any more. Call for every
 * event that a batch of this session brought, whatever became of it. */
void topo_session_got(struct topo_session *s, const struct topo_id *id);
/* Ask the peer for an event (a missing predecessor or ancestor). Ignored when held, wanted already,
 * or full. */
void topo_session_want(struct topo_session *s, const struct topo_id *id);
/* The admission and its wraps are durable: send WELCOME. Once, after `join`. */
void topo_session_welcome(struct topo_session *s, const struct topo_id *admission);
/* Start a round now (initiator: SETS and reconciliation; responder: sends SETS). */
void topo_session_resync(struct topo_session *s, uint64_t now_ms);
/* Sends as much as the connection takes. The owner calls it after every step in which it called
 * anything above, and when the connection says writable. 0, or the status with which the connection
 * was closed. */
int topo_session_flush(struct topo_session *s, uint64_t now_ms);
/* When the session wants topo_session_tick called next (monotonic ms); UINT64_MAX: never. */
uint64_t topo_session_deadline(const struct topo_session *s);
int topo_session_tick(struct topo_session *s, uint64_t now_ms);
struct topo_session_state topo_session_state(const struct topo_session *s);

#endif
