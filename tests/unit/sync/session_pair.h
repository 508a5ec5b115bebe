/*
 * session_pair.h - two sessions in memory: owners that keep events in item sets, and a connection
 * between them with bounded buffers, a window, and seeded chunking and order.
 *
 * An event of these tests is `u16 set ‖ u64 timestamp ‖ any bytes`; its id is made of its bytes.
 * Set 0 is control; the others are epochs, the greatest number being the newest.
 */
#ifndef TEST_SYNC_SESSION_PAIR_H
#define TEST_SYNC_SESSION_PAIR_H

#include "sync/memset.h"
#include "sync/session.h"

enum { PAIR_SETS = 9000, PAIR_FEW = 8, PAIR_BATCHES = 64, PAIR_EVENT_HEAD = 10 };
enum { PAIR_WALL_A = 1000000, PAIR_WALL_B = 2000000 }; /* what the sides say their clocks show */

struct pair;

struct pair_event {
  struct topo_id id;
  uint8_t *data;
  size_t len;
};

/* One item set; its digest is the sum of its ids. */
struct pair_set {
  struct topo_memset *items; /* NULL while there are none */
  struct topo_itemset view;
  struct topo_id digest;
};

struct pair_batch {
  enum topo_session_stream stream;
  uint8_t *data;
  size_t len;
};

/* Bytes under way in one direction. */
struct pair_direction {
  struct topo_buf streams[TOPO_CONN_STREAMS_MAX];
  size_t unconsumed[TOPO_CONN_STREAMS_MAX], unconsumed_total;
};

struct pair_side {
  struct pair *pair;
  struct pair_side *other;
  struct topo_session *session;
  struct topo_session_options options;
  struct pair_event *events;
  size_t event_count, event_cap;
  struct pair_set *sets; /* PAIR_SETS of them */
  unsigned top;          /* above every set that has items */
  struct topo_settree tree;
  uint64_t items; /* of all epochs */
  struct pair_batch batches[PAIR_BATCHES];
  size_t batch_count;
  struct pair_direction out;
  bool conn_closed, heard_closed;
  uint64_t close_code;
  int closed_status;
  /* behaviour */
  int sets_status, offer_status, join_status, greeted_status;
  bool defer;      /* batches are applied in a later step */
  bool hoard;      /* batches are never applied */
  bool deaf;       /* events arrive but are never listed in a set */
  bool defer_join; /* `join` does not welcome */
  /* what was heard */
  struct topo_id greeted_credential, offered_auth, welcome;
  struct topo_session_join join;
  uint64_t greeted_wall_ms;
  unsigned greeted, offered, joined, welcomed;
  size_t received, duplicates, live_received;
  size_t control_bytes; /* that were sent on control */
};

struct pair {
  struct pair_side a, b; /* a dials */
  uint64_t now_ms, seed;
  size_t send_buffer, window;
  bool hold_bulk; /* the bulk streams stand still */
  bool in_order;  /* control does not overtake events */
};

uint64_t pair_random(struct pair *p);
/* Two sides without sessions. */
void pair_init(struct pair *p, uint64_t seed, size_t send_buffer, size_t window);
void pair_finish(struct pair *p);
void pair_start(struct pair_side *side);
/* Adds a random event to a set of this side and returns its id. */
struct topo_id pair_add(struct pair_side *side, unsigned set, uint64_t timestamp, size_t body);
/* The same event on both. */
void pair_add_both(struct pair *p, unsigned set, uint64_t timestamp, size_t body);
/* The event of the other side comes by another connection; it is pushed on this one. */
void pair_bring(struct pair_side *side, const struct topo_id *id);
/* Pushes as an owner does. */
void pair_add_live(struct pair_side *side, unsigned set, uint64_t timestamp);
/* Up to PAIR_SETS, and not for set 0: ids of neighbours are far from each other. */
struct topo_id pair_set_id(unsigned set);
/* How many items a side has in a set. */
uint64_t pair_count(const struct pair_side *side, unsigned set);
const struct pair_event *pair_find(const struct pair_side *side, const struct topo_id *id);
/* One random step. False when nothing moved. */
bool pair_step(struct pair *p);
/* Steps, without letting time pass, until nothing moves. */
void pair_rest(struct pair *p);
/* Steps, letting time pass when nothing moves, until both are synced or `limit_ms` are over. */
bool pair_sync(struct pair *p, uint64_t limit_ms);
bool pair_same(const struct pair *p);
/* Applies the oldest batch that was deferred. False when there is none. */
bool pair_apply(struct pair_side *side);
/* Bytes to a session as if its peer had sent them. Returns what the session returned. */
int pair_inject(struct pair_side *to, unsigned stream, const void *data, size_t len);

#endif
