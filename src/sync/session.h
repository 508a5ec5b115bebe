/*
 * session.h - one session: what two devices say to each other over one connection (docs/protocol.md
 * §6). Bytes in, bytes out; a session knows neither events nor storage, only ids.
 *
 * A session runs inside the step of its *owner*, the space. It asks the owner, through a table of
 * callbacks, for item sets, for the bytes of events and for what is known already, and it hands the
 * owner what arrives. It keeps no more in memory than its constants say: bytes to send are read
 * from the owner when the connection has room for them, and bytes received count against the
 * connection's window until the owner has applied them (topo_session_applied).
 *
 *   phase       what is awaited in it
 *   greeting    the peer's HELLO
 *   member      nothing in particular: both sides are devices of the workspace, and sync
 *   inviting    the newcomer's JOIN, after our OFFER (the bootstrap of a newcomer: §6.1)
 *   admitting   the owner's word that the admission is durable
 *   welcoming   that the newcomer, which has our WELCOME, ends the connection
 *   joining     as the newcomer: the inviter's OFFER
 *   joined      as the newcomer: the inviter's WELCOME, after our JOIN
 *   closed      nothing: the session has ended the connection
 *
 * Rounds. The side that dialled is the initiator: it exchanges SETS, finds out by pages which sets
 * differ, reconciles them, and exchanges SETS again (§6.3). When a round moved nothing, the next
 * one waits: 100 ms at first, then twice as long each time, up to 30 s. A round moved something
 * when it asked for events or sent some, and the sets of either side changed afterwards. The
 * responder answers SETS once it has applied what it had received before them.
 *
 * A session is *synced* while these hold: the last pair of SETS was equal; every event since then
 * was pushed or was received live, none skipped; and nothing that was asked for is unanswered. What
 * the peer makes of an event that was pushed to it shows in the next exchange, which comes within
 * ten minutes.
 *
 * The end. A session that has to end notes why. The next topo_session_receive, topo_session_flush
 * or topo_session_tick closes the connection and, as the last thing it does, calls `closed`. The
 * owner may destroy a session within `closed`, but within no other callback.
 */
#ifndef TOPO_SYNC_SESSION_H
#define TOPO_SYNC_SESSION_H

#include "base/bytes.h"
#include "port/conn.h"
#include "sync/itemset.h"
#include "sync/session_fields.h"
#include "sync/settree.h"

/* What one session holds at most, or does at a time.
 *
 *   EVENTS_BYTES  bytes of events in one EVENTS frame that we make; further ones go into the next
 *   WANTS         ids asked for and not yet answered (§6.4); what more is needed waits
 *   PEER_WANTS    ids that the peer asked for and was not yet sent; one more ends the session
 *   RECONCILING   sets that are reconciled (§6.3); one more ends the session
 *   LIVE          ids that wait to be pushed; further ones are left to a round that follows
 */
enum {
  TOPO_SESSION_EVENTS_BYTES_MAX = 192 * 1024,
  TOPO_SESSION_WANTS_MAX = 8192,
  TOPO_SESSION_PEER_WANTS_MAX = 16384,
  TOPO_SESSION_RECONCILING_MAX = 4,
  TOPO_SESSION_LIVE_MAX = 4096
};

struct topo_session;

/* The streams of a session; the values are their numbers on the connection. Events come on the last
 * two, and an owner may treat them differently. */
enum topo_session_stream { TOPO_STREAM_CONTROL, TOPO_STREAM_BULK, TOPO_STREAM_LIVE };

/* What a session asks of its owner. `ctx` is the one of the options. Where a status is returned, a
 * negative one ends the session with it. */
struct topo_session_callbacks {
  /* Writes what our SETS says. 0 or a negative status. */
  int (*sets)(void *ctx, struct topo_session_sets *out);

  /* Returns the epochs' sets that have items, in pages; `sets` tells the digest of its page of all.
   * The result stays valid until the owner's step ends. */
  struct topo_settree *(*tree)(void *ctx);

  /* Returns how new an epoch is, for the order of reconciliation: the greatest comes first. 0 when
   * the epoch is not known. */
  uint32_t (*generation)(void *ctx, const struct topo_id *set);

  /* Returns the items of `set`; NULL when there are none yet, which is an empty set. The result
   * stays valid until the owner's step ends. */
  const struct topo_itemset *(*items)(void *ctx, const struct topo_id *set);

  /* Returns whether the event is stored, in whatever state, or is being checked right now. Such an
   * event is not asked for. */
  bool (*known)(void *ctx, const struct topo_id *id);

  /* Appends the bytes of an event to `out`. 0; TOPO_ENOTFOUND when it is not here, which ends
   * nothing; TOPO_ENOMEM or TOPO_EIO. */
  int (*read)(void *ctx, const struct topo_id *id, struct topo_buf *out);

  /* Takes the events of one frame. `data` and `len` are the payload of an EVENTS frame, borrowed
   * for the call. Its framing was checked: it is a sequence of `u32 length ‖ event`, and no event
   * is empty or longer than 65,536 bytes. The owner calls topo_session_applied with `len` once it
   * is done with them, within this call or in a later step. */
  int (*events)(void *ctx, struct topo_session *s, enum topo_session_stream stream,
                const uint8_t *data, size_t len);

  /* The peer's HELLO was good. `credential` is the credential that the peer says it has: zero for
   * an invitee, and for a member that does not know its own yet. `wall_ms` is the peer's wall clock
   * when it made HELLO, Unix ms; it may be any number. */
  int (*greeted)(void *ctx, struct topo_session *s, const struct topo_id *credential,
                 uint64_t wall_ms);

  /* As the inviter: fills in the offer to make on this connection. */
  int (*offer)(void *ctx, struct topo_session *s, struct topo_id *invite, uint16_t *slot,
               struct topo_id *auth);

  /* As the newcomer: an OFFER of `slot` of `invite` came; fills in `join` as the answer to it. */
  int (*offered)(void *ctx, struct topo_session *s, const struct topo_id *invite, uint16_t slot,
                 const struct topo_id *auth, struct topo_session_join *join);

  /* As the inviter: a JOIN came, which is not checked yet. The owner calls topo_session_welcome,
   * within this call or later. */
  int (*join)(void *ctx, struct topo_session *s, const struct topo_session_join *join);

  /* As the newcomer: a WELCOME came, so `admission` is durable at the inviter. The session then
   * ends the connection with code 10. */
  void (*welcomed)(void *ctx, struct topo_session *s, const struct topo_id *admission);

  /* The session has ended the connection by a decision of its own. `status` says why: 0 at the end
   * of a bootstrap, else negative. From here on topo_session_destroy is the only call allowed. */
  void (*closed)(void *ctx, struct topo_session *s, int status);
};

enum topo_session_role {
  TOPO_SESSION_MEMBER,  /* both sides are devices of the workspace */
  TOPO_SESSION_INVITER, /* the peer has shown an invite key */
  TOPO_SESSION_JOINER   /* we have shown an invite key */
};

struct topo_session_options {
  struct topo_conn conn;                    /* copied; what it leads to outlives the session */
  const struct topo_session_callbacks *ops; /* borrowed for the life of the session */
  void *ctx;                                /* given back in every callback */
  enum topo_session_role role;
  bool initiator; /* we dialled, so we reconcile */
  struct topo_id workspace, scope;
  struct topo_id own_credential; /* told in HELLO; zero as a newcomer or when not known */
  uint64_t now_ms;               /* monotonic, as in all calls below */
  uint64_t wall_ms;              /* Unix ms, told in HELLO */
};

/* How a session is doing, for those who show or wait for it. */
struct topo_session_state {
  bool greeted;                 /* the peer's HELLO came */
  bool synced;                  /* as defined at the top of this file */
  uint32_t wanted;              /* ids that are asked for, or are to be, and not answered */
  uint64_t remote_items;        /* the items of all sets in the peer's last SETS */
  uint64_t received_events;     /* since the session began, known ones included */
  uint64_t sent_events, rounds; /* since the session began */
};

/* Makes a session and sends HELLO, or as much of it as the connection takes. Returns the session,
 * which the caller destroys; or NULL, and *status is TOPO_ENOMEM. */
struct topo_session *topo_session_create(const struct topo_session_options *options, int *status);

/* Frees a session; the connection is left as it is. NULL is fine. */
void topo_session_destroy(struct topo_session *s);

/* Takes the next `len` bytes of a stream. `stream` is the number that the connection gave; one that
 * the protocol does not have ends the session. The session tells the connection itself when the
 * bytes are consumed (conn.h), except for those of EVENTS payloads, which the owner was given.
 * Returns 0, or the status with which the connection was closed. */
int topo_session_receive(struct topo_session *s, unsigned stream, const uint8_t *data, size_t len,
                         uint64_t now_ms);

/* The owner is done with `len` bytes of what `events` brought on `stream`: the peer may send that
 * many more. More than it was given is an error of the owner's. */
void topo_session_applied(struct topo_session *s, enum topo_session_stream stream, size_t len);

/* An event has become part of an item set, durably: the peer is sent it at once, on live, and is
 * not asked for it any more. The owner calls this on each member session but the one that the event
 * came from. Nothing happens before the greeting, as the first SETS will tell. */
void topo_session_push(struct topo_session *s, const struct topo_id *id);

/* An event has arrived, or is not worth waiting for any more. The owner calls this for every event
 * that this session has brought, whatever became of it. */
void topo_session_got(struct topo_session *s, const struct topo_id *id);

/* Asks the peer for an event, such as a missing predecessor or ancestor. Nothing happens when the
 * event is known or asked for already, or when as much is asked for as may be. */
void topo_session_want(struct topo_session *s, const struct topo_id *id);

/* Sends WELCOME: the admission and its wraps are durable. Allowed once, after `join`; nothing
 * happens when the session has ended since. */
void topo_session_welcome(struct topo_session *s, const struct topo_id *admission);

/* Starts a round as soon as possible. The initiator sends SETS and reconciles; a responder can only
 * send its SETS, which makes the initiator do so. */
void topo_session_resync(struct topo_session *s, uint64_t now_ms);

/* Sends as much as the connection takes. The owner calls this at the end of every step in which it
 * made any of the calls above, and when the connection says that it is writable. Returns 0, or the
 * status with which the connection was closed. */
int topo_session_flush(struct topo_session *s, uint64_t now_ms);

/* Returns when topo_session_tick wants to be called next; UINT64_MAX for never. */
uint64_t topo_session_deadline(const struct topo_session *s);

/* Does what is due by the time, and flushes; it may be called early. Returns what
 * topo_session_flush does. */
int topo_session_tick(struct topo_session *s, uint64_t now_ms);

struct topo_session_state topo_session_state(const struct topo_session *s);

#endif
