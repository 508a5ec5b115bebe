/*
 * ws.h - clients that listen to the events of a space over WebSockets (RFC 6455), in a thread of
 * their own, and note when each message arrived at each of them.
 *
 * Messages are told apart by a number at the front of their text, `#NUMBER `. Each listener must
 * see each number below the total once; one that is seen twice, a socket that ends, or an event
 * that does not come within a minute ends the program.
 */
#ifndef TOPO_TESTS_BENCH_WS_H
#define TOPO_TESTS_BENCH_WS_H

#include "bench/load.h"

enum { WS_LISTENERS_MAX = 64 };

struct ws_listeners;

struct ws_options {
  const struct load_address *at;
  const char *space;
  unsigned listeners;
  uint64_t messages_max; /* no number is as great */
};

/* Opens all sockets, subscribes, and returns when each of them was told that it is up to date. */
struct ws_listeners *ws_listen(const struct ws_options *options);

/* Message `number` is sent now, or was answered now. From one other thread. */
void ws_note_asked(struct ws_listeners *l, uint64_t number);
void ws_note_answered(struct ws_listeners *l, uint64_t number);

struct ws_result {
  uint64_t deliveries;
  double p50_ms, p99_ms, max_ms;       /* of deliveries: from asking to arrival */
  double behind_p50_ms, behind_p99_ms; /* of messages: from the answer to the last arrival */
  double last_s;                       /* when the last one arrived, as bench_wall_s */
  double cpu_s;                        /* of the thread */
};

/* Waits until all listeners have seen the numbers below `messages`, ends the thread and closes the
 * sockets. */
struct ws_result ws_finish(struct ws_listeners *l, uint64_t messages);

#endif
