/*
 * session_impl.h - what the phases of a session share. Included by session*.c only.
 *
 *   file               what is in it                                         uses
 *   session.c          the entry points: greeting, frames in, one pass out   all of them
 *   session_join.c     the bootstrap: OFFER, JOIN, WELCOME                   life, out
 *   session_live.c     what is new, pushed at once                           events, sets
 *   session_sets.c     SETS and rounds                                       neg
 *   session_neg.c      reconciliation of single sets within a round          want
 *   session_want.c     what we ask for, what the peer asks for, bulk         events
 *   session_events.c   EVENTS frames, made of queues of ids                  out
 *   session_out.c      what waits for the connection
 *   session_life.c     phases, and why a session ends
 *
 * Control frames are made only while little of what was made before waits for the connection
 * ("room"); frames of bulk and live only when the one before has left. Nothing is therefore ever
 * made in advance of the connection, and no queue but those with a named bound exists.
 */
#ifndef TOPO_SYNC_SESSION_IMPL_H
#define TOPO_SYNC_SESSION_IMPL_H

#include "sync/idqueue.h"
#include "sync/idset.h"
#include "sync/negentropy.h"
#include "sync/session.h"
#include "sync/wire.h"

enum {
  SESSION_STREAMS = 3,
  SESSION_CONTROL_LIMIT = 128 * 1024, /* unsent control bytes from which on no frame is added */
  SESSION_HAVES_MAX = 16384,          /* ids found here and not there, not yet sent */
  SESSION_HAVES_SOFT_LIMIT = 8192,    /* above it reconciliation waits */
  SESSION_RECENT_MAX = 16384,         /* ids remembered as sent by reconciliation, per round */
  SESSION_BUCKETS = 12,
  SESSION_ROUND_MS = 10 * 60 * 1000,
  SESSION_BACKOFF_MIN_MS = 100,
  SESSION_BACKOFF_MAX_MS = 30 * 1000
};

enum session_phase {
  SESSION_GREETING,  /* HELLO sent, the peer's not yet here */
  SESSION_MEMBER,    /* both are members */
  SESSION_INVITING,  /* OFFER sent */
  SESSION_ADMITTING, /* JOIN came, the owner is at work */
  SESSION_WELCOMING, /* WELCOME sent */
  SESSION_JOINING,   /* waiting for OFFER */
  SESSION_JOINED,    /* JOIN sent */
  SESSION_CLOSED,
  SESSION_PHASES
};

/* A round, as the initiator sees it; the responder stays idle. */
enum round_phase {
  ROUND_IDLE,     /* nothing to do before `next_round_ms` */
  ROUND_EXCHANGE, /* SETS go out, the peer's are awaited */
  ROUND_CONTROL,  /* the control set is reconciled */
  ROUND_EPOCHS,   /* then the epochs */
  ROUND_PHASES
};

struct session_in {
  struct topo_buf buf;        /* the beginning of a frame whose end is not here yet */
  uint64_t received, applied; /* payload bytes of EVENTS */
};

struct session_out {
  struct topo_buf buf;
  size_t sent; /* bytes of it that the connection took */
};

struct session_rows {
  struct topo_session_set *rows;
  size_t n;
};

/* One set being reconciled. */
struct session_neg {
  struct topo_session *session;
  bool open;
  bool streaming; /* the peer has nothing of the set: ours is sent from `cursor` on, without
                     negentropy */
  bool pending;   /* `message` came and is not answered yet */
  uint32_t number;
  struct topo_id set;
  const struct topo_itemset *items; /* valid while a message is being made */
  struct topo_negentropy engine;
  struct topo_buf message;
  struct topo_item cursor; /* the last item sent */
  bool started;            /* cursor is valid */
};

struct topo_session {
  struct topo_session_options o;
  enum session_phase phase;
  uint64_t now_ms;
  int status;        /* why the session must end; the owner has not heard of it yet */
  bool over;         /* ends without a fault */
  uint64_t activity; /* moves whenever anything was done: the loop in topo_session_flush ends when
                        it rests */
  struct session_in in[SESSION_STREAMS];
  struct session_out out[SESSION_STREAMS];

  /* session_want.c */
  struct topo_idset wanted;       /* asked for, or about to be */
  struct topo_idqueue ask;        /* of `wanted`, those not in a WANT yet */
  struct topo_idqueue spill;      /* needed, while `wanted` is full */
  struct topo_idqueue peer_wants; /* what the peer asked for */
  struct topo_idqueue missing;    /* of that, what is not here */
  struct topo_idqueue haves;      /* what reconciliation found the peer to lack */

  /* session_live.c */
  struct topo_idqueue live;
  bool live_skipped;

  /* session_sets.c */
  struct session_rows own, peer; /* as last sent; as last received, sorted by set */
  bool sets_due;                 /* SETS are to be sent */
  bool sets_reply;               /* as the answer to the peer's */
  bool peer_heard, own_sent;     /* at least once */
  bool peer_fresh;               /* the peer's came since ours were sent */
  bool own_changed, peer_changed;
  bool equal; /* the last pair was equal */
  uint64_t reply_marks[SESSION_STREAMS];
  enum round_phase round;
  bool again;  /* another exchange follows at once */
  bool rested; /* the next difference starts a round, whether or not the last one moved anything */
  bool queued; /* this round asked for or sent something */
  uint64_t next_round_ms, backoff_ms, rounds;
  struct topo_id *plan; /* the epochs still to be reconciled in this round, in order */
  size_t plan_len, plan_at;

  /* session_neg.c */
  struct session_neg neg[TOPO_SESSION_RECONCILING_MAX];
  uint32_t next_number;
  struct topo_idset recent[2]; /* sent by this round, and by the one before */
  struct topo_buf scratch;

  uint64_t received_events, sent_events;
};

/* session_life.c */
/* Enters the phase, which must be one that may follow (asserted). */
void topo_session_transition(struct topo_session *s, enum session_phase to);
/* Notes the reason to end, unless there is one or `status` is 0; topo_session_receive, flush or
 * tick acts on it. */
void topo_session_fail(struct topo_session *s, int status);
/* Nothing more may be done: the session has ended or is about to. */
bool topo_session_ending(const struct topo_session *s);

/* session_out.c */
/* May another control frame be made? */
bool topo_session_room(const struct topo_session *s);
/* Has the connection taken all of the stream's frames? */
bool topo_session_sent(const struct topo_session *s, enum topo_session_stream stream);
/* Where the next control frame is appended. Counts as activity. */
struct topo_buf *topo_session_control(struct topo_session *s);
/* Gives the connection what it takes of every stream. 0, or TOPO_ENOMEM when a frame could not be
 * made in full. */
int topo_session_send(struct topo_session *s);

/* session_events.c */
/* Begins an EVENTS frame on bulk or live; the frame before it has left. */
void topo_session_events_begin(struct topo_session *s, enum topo_session_stream stream);
/* Moves the events that the queue names into the frame. An id whose event is not here goes into
 * `missing`, or is dropped when that is NULL. 1 when the queue is empty; 0 when the frame is full,
 * or `missing` is; or the status that ends the session. */
int topo_session_events_fill(struct topo_session *s, enum topo_session_stream stream,
                             struct topo_idqueue *q, struct topo_idqueue *missing);
/* Completes the frame; one without events is taken back. */
void topo_session_events_end(struct topo_session *s, enum topo_session_stream stream);

/* session_join.c: what follows a good HELLO, and the frames; 0 or the status to end with. */
int topo_session_join_begin(struct topo_session *s);
int topo_session_join_frame(struct topo_session *s, const struct topo_wire_frame *frame);

/* session_sets.c */
void topo_session_sets_begin(struct topo_session *s);
void topo_session_sets_finish(struct topo_session *s);
int topo_session_sets_frame(struct topo_session *s, struct topo_bytes payload);
/* Sends SETS when due and takes the round as far as it goes. */
int topo_session_sets_pump(struct topo_session *s);
void topo_session_sets_tick(struct topo_session *s);

/* session_neg.c */
void topo_session_neg_begin(struct topo_session *s);
void topo_session_neg_finish(struct topo_session *s);
int topo_session_neg_frame(struct topo_session *s, const struct topo_wire_frame *frame);
/* Answers what waits, as far as room and backpressure allow. */
int topo_session_neg_pump(struct topo_session *s);
/* Starts to reconcile a set of which the peer has `peer_count` items; of none, ours are sent. The
 * caller has seen that fewer than TOPO_SESSION_RECONCILING_MAX are open and that there is room. */
int topo_session_neg_open(struct topo_session *s, const struct topo_id *set, uint64_t peer_count);
/* Sets being reconciled. */
unsigned topo_session_neg_count(const struct topo_session *s);
/* A new round begins: what the one before the last sent may be sent again. */
void topo_session_neg_new_round(struct topo_session *s);
/* The sets were equal: nothing need be remembered. */
void topo_session_neg_forget(struct topo_session *s);

/* session_want.c */
void topo_session_want_begin(struct topo_session *s);
void topo_session_want_finish(struct topo_session *s);
/* Reconciliation found an id that only the peer has. 0 or TOPO_ENOMEM. */
int topo_session_need(struct topo_session *s, const struct topo_id *id);
int topo_session_want_frame(struct topo_session *s, const struct topo_wire_frame *frame);
int topo_session_want_pump(struct topo_session *s);
int topo_session_bulk_pump(struct topo_session *s);

/* session_live.c */
void topo_session_live_begin(struct topo_session *s);
void topo_session_live_finish(struct topo_session *s);
int topo_session_live_pump(struct topo_session *s);

#endif
