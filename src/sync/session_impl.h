/*
 * session_impl.h - what the phases of a session share. Included by session*.c only.
 *
 *   file               what is in it                                         uses
 *   session.c          the entry points: greeting, frames in, one pass out   all of them
 *   session_join.c     the bootstrap: OFFER, JOIN, WELCOME                   life, out
 *   session_live.c     what is new, pushed at once                           events, sets
 *   session_sets.c     SETS and rounds                                       neg, pages
 *   session_pages.c    which epochs differ: LIST and PAGE                    out
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
#include "sync/settree.h"
#include "sync/wire.h"

/* Bounds that nobody outside a session meets.
 *
 *   CONTROL_LIMIT     bytes of control frames that wait; from here on no further frame is made
 *   HAVES_MAX         ids found here and not at the peer, and not sent yet; one more ends the
 *                     reconciliation of its set, and the next round finds the others
 *   HAVES_SOFT_LIMIT  with more of these, reconciliation waits
 *   PLAN_MAX          epochs that a round reconciles; the next round finds the others
 *   PAGES_MAX         pages that a round asks for, likewise
 *   RECENT_MAX        ids that a round remembers as sent; one more, and the others are forgotten
 *   BACKOFF_MIN_MS    how long the next round waits after one that moved nothing, at first
 *   BACKOFF_MAX_MS    and at last: each wait is twice the one before
 *   WANT_MS           after how long without an answer what is asked for counts as missing
 *   OWED_MS           how long the initiator waits for one of the answers that a round is made of
 *   ROUND_MS          how long the next round waits after a pair of SETS that were equal
 */
enum {
  SESSION_STREAMS = 3,
  SESSION_BUCKETS = 12,
  SESSION_CONTROL_LIMIT = 128 * 1024,
  SESSION_HAVES_MAX = 16384,
  SESSION_HAVES_SOFT_LIMIT = 8192,
  SESSION_PLAN_MAX = 8192,
  SESSION_PAGES_MAX = 4096,
  SESSION_RECENT_MAX = 16384,
  SESSION_WANT_MS = 2 * 60 * 1000,
  SESSION_OWED_MS = 10 * 60 * 1000,
  SESSION_BACKOFF_MIN_MS = 100,
  SESSION_BACKOFF_MAX_MS = 30 * 1000,
  SESSION_ROUND_MS = 10 * 60 * 1000
};

enum session_phase {
  SESSION_GREETING,  /* our HELLO was made, the peer's is not here yet */
  SESSION_MEMBER,    /* both sides are members: sets, wants and events */
  SESSION_INVITING,  /* our OFFER was made */
  SESSION_ADMITTING, /* JOIN came, and the owner is at work */
  SESSION_WELCOMING, /* our WELCOME was made */
  SESSION_JOINING,   /* OFFER is awaited */
  SESSION_JOINED,    /* our JOIN was made, WELCOME is awaited */
  SESSION_CLOSED,
  SESSION_PHASES
};

/* A round as the initiator sees it. The responder stays idle. */
enum round_phase {
  ROUND_IDLE,     /* nothing is to be done before `next_round_ms` */
  ROUND_EXCHANGE, /* our SETS go out, and the peer's are awaited */
  ROUND_EARLY,    /* the sets before the epochs are reconciled, one after the other */
  ROUND_LISTING,  /* the peer is asked which epochs differ */
  ROUND_EPOCHS,   /* those epochs are reconciled */
  ROUND_PHASES
};

/* One direction of one stream. */
struct session_in {
  struct topo_buf buf;        /* the beginning of a frame whose end is not here yet */
  uint64_t received, applied; /* payload bytes of EVENTS: given to the owner, done with by it */
};
struct session_out {
  struct topo_buf buf; /* frames */
  size_t sent;         /* how many bytes of them the connection has taken */
};

/* Pages that are asked for and not answered, in order: a ring. */
struct session_prefixes {
  struct topo_prefix at[TOPO_SESSION_LISTS_MAX];
  uint32_t head, count;
};

/* An epoch that differs: what the peer has of it, and how new it is. */
struct session_planned {
  struct topo_session_set row;
  uint32_t generation; /* once all are listed */
};

/* A set that is being reconciled or, when the peer has nothing of it, sent as it is. */
struct session_neg {
  struct topo_session *session;
  bool open;       /* the slot is in use */
  bool streaming;  /* the set is sent, from `cursor` on, without negentropy */
  bool pending;    /* `message` came and is not answered yet */
  uint32_t number; /* of the session on the wire */
  struct topo_id set;
  const struct topo_itemset *items; /* valid while a message is being made */
  struct topo_negentropy engine;
  struct topo_buf message;
  struct topo_item cursor; /* the item that was sent last */
  bool started;            /* `cursor` is valid */
};

struct topo_session {
  struct topo_session_options o;
  enum session_phase phase;
  uint64_t now_ms;
  int status;        /* why the session must end, while the owner has not heard of it */
  bool over;         /* it must end without a fault */
  uint64_t activity; /* grows with whatever is done: topo_session_flush goes on until it rests */
  struct session_in in[SESSION_STREAMS];
  struct session_out out[SESSION_STREAMS];

  /* session_want.c */
  struct topo_idset wanted[2];    /* ids asked for, or about to be: lately, and before */
  struct topo_idqueue ask;        /* of `wanted`, those that are in no WANT yet */
  struct topo_idqueue spill;      /* ids that are needed while `wanted` is full */
  bool want_moved;                /* one of wanted[1] was answered, or they are others */
  uint64_t want_end_ms;           /* when those of wanted[1] count as missing */
  struct topo_idqueue peer_wants; /* what the peer asked for */
  struct topo_idqueue missing;    /* of that, what is not here */
  struct topo_idqueue haves;      /* what reconciliation found the peer to lack */

  /* session_live.c */
  struct topo_idqueue live; /* ids to be pushed */
  bool live_skipped;        /* some did not fit, and a round has to find them */

  /* session_sets.c: the last SETS of either side */
  struct topo_session_sets own, peer; /* as sent last, and as received last */
  bool own_sent, peer_heard;          /* at least once */
  bool own_changed, peer_changed;     /* unlike the ones before them */
  bool equal;                         /* the last pair was equal */
  bool peer_fresh;                    /* the peer's came since ours were sent */
  bool peer_more;                     /* and others behind them, which nobody asked for */

  /* session_sets.c: SETS to be sent */
  bool sets_due;                         /* as soon as there is room */
  bool sets_reply;                       /* and as the answer to the peer's, so not before ... */
  uint64_t reply_marks[SESSION_STREAMS]; /* ... this much of each stream is applied */

  /* session_sets.c: the round */
  enum round_phase round;
  bool again;  /* another exchange follows at once */
  bool rested; /* the next difference starts a round, whether or not the last moved anything */
  bool queued; /* this round asked for something or sent something */
  unsigned early_at; /* the rank of the next set to be compared in ROUND_EARLY */
  uint64_t next_round_ms, backoff_ms, rounds;
  bool answer_came;     /* a PAGE or NEG_MSG, since `owed_end_ms` was set */
  uint64_t owed_end_ms; /* when the peer has owed an answer for too long */

  /* session_pages.c */
  struct session_prefixes asked; /* of the peer, by the initiator */
  struct session_prefixes owed;  /* to the peer, by the responder */
  struct topo_buf pending;       /* struct topo_prefix: to be asked for, the next one last */
  uint32_t pages;                /* asked for in this round */
  struct topo_buf plan; /* struct session_planned, in the order in which they are reconciled */
  size_t plan_at;

  /* session_neg.c */
  struct session_neg neg[TOPO_SESSION_RECONCILING_MAX];
  uint32_t next_number;
  struct topo_idset recent[2]; /* what this round has sent, and what the one before has */
  struct topo_buf scratch;     /* the message that is being made */

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

/* session_join.c. Both return 0, or the status to end with. */
/* What follows a good HELLO of a bootstrap. */
int topo_session_join_begin(struct topo_session *s);
/* Takes a control frame of a bootstrap. */
int topo_session_join_frame(struct topo_session *s, const struct topo_wire_frame *frame);

/* session_sets.c */
void topo_session_sets_begin(struct topo_session *s);
/* Takes SETS. 0, or the status to end with. */
int topo_session_sets_frame(struct topo_session *s, struct topo_bytes payload);
/* Sends SETS when due and takes the round as far as it goes. 0, or the status to end with. */
int topo_session_sets_pump(struct topo_session *s);
/* When topo_session_sets_tick is due; UINT64_MAX: never. */
uint64_t topo_session_sets_deadline(const struct topo_session *s);
/* The time for the next round has come, or the peer has owed an answer for too long. */
void topo_session_sets_tick(struct topo_session *s);

/* session_pages.c */
/* Forgets what was listed. */
void topo_session_pages_finish(struct topo_session *s);
/* Begins to list the epochs that differ. 0, or the status to end with. */
int topo_session_pages_begin(struct topo_session *s);
/* Takes LIST or PAGE. 0, or the status to end with. */
int topo_session_pages_frame(struct topo_session *s, const struct topo_wire_frame *frame);
/* Sends LIST and PAGE as far as there is room. 0, or the status to end with. */
int topo_session_pages_pump(struct topo_session *s);
/* Returns whether no page is awaited or to be asked for any more, and then puts what was listed in
 * order. */
bool topo_session_pages_listed(struct topo_session *s);
/* Returns the next epoch to reconcile, as the peer has it, valid until the next page comes; NULL
 * when there are no more. */
const struct topo_session_set *topo_session_pages_next(struct topo_session *s);

/* session_neg.c */
void topo_session_neg_begin(struct topo_session *s);
void topo_session_neg_finish(struct topo_session *s);
/* Takes NEG_OPEN, NEG_MSG or NEG_CLOSE. 0, or the status to end with. */
int topo_session_neg_frame(struct topo_session *s, const struct topo_wire_frame *frame);
/* Answers the messages that came, and sends sets, as far as there is room and what was found before
 * has been asked for and sent. 0, or the status to end with. */
int topo_session_neg_pump(struct topo_session *s);
/* Starts to reconcile a set of which the peer has `peer_count` items; when it has none, ours are
 * sent. The caller has seen that fewer than TOPO_SESSION_RECONCILING_MAX are open and that there is
 * room. 0, or the status to end with. */
int topo_session_neg_open(struct topo_session *s, const struct topo_id *set, uint64_t peer_count);
/* Returns whether it is the peer's turn in one of the sessions. */
bool topo_session_neg_owed(const struct topo_session *s);
/* Returns how many sets are being reconciled or sent. */
unsigned topo_session_neg_count(const struct topo_session *s);
/* A round begins: what the round before the last has sent may be sent again. */
void topo_session_neg_new_round(struct topo_session *s);
/* The sets were equal: nothing that was sent need be remembered. */
void topo_session_neg_forget(struct topo_session *s);

/* session_want.c */
void topo_session_want_begin(struct topo_session *s);
void topo_session_want_finish(struct topo_session *s);
/* Returns how many ids are asked for, or are to be, and not answered. */
uint32_t topo_session_wanted(const struct topo_session *s);
/* When topo_session_want_tick is due; UINT64_MAX: never. */
uint64_t topo_session_want_deadline(const struct topo_session *s);
/* What has been asked for longest, and not been answered, counts as missing. */
void topo_session_want_tick(struct topo_session *s);
/* Reconciliation found an id that only the peer has. 0 or TOPO_ENOMEM. */
int topo_session_need(struct topo_session *s, const struct topo_id *id);
/* Takes WANT or MISSING. 0, or the status to end with. */
int topo_session_want_frame(struct topo_session *s, const struct topo_wire_frame *frame);
/* Sends WANT and MISSING as far as there is room. 0, or the status to end with. */
int topo_session_want_pump(struct topo_session *s);
/* Sends a frame of events on bulk when the one before it has left. 0, or the status to end with. */
int topo_session_bulk_pump(struct topo_session *s);

/* session_live.c */
void topo_session_live_begin(struct topo_session *s);
void topo_session_live_finish(struct topo_session *s);
/* Sends a frame of events on live when the one before it has left. 0, or the status to end with. */
int topo_session_live_pump(struct topo_session *s);

#endif
