/*
 * fake_node.h - a node with one space and one channel behind a fake_server: what the tests of
 * streams and of lost answers tell it to do, and what it was asked.
 */
#ifndef TESTS_UNIT_CLI_FAKE_NODE_H
#define TESTS_UNIT_CLI_FAKE_NODE_H

#include "unit/cli/fake_server.h"

#include <pthread.h>
#include <stdbool.h>

#define NODE_SPACE     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define NODE_CHANNEL   "CCECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define NODE_MESSAGE_1 "-1ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define NODE_MESSAGE_2 "MMECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define NODE_MESSAGE_3 "NNECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

/* Members of the schema Message; `reactions` is what is written between the brackets. */
#define NODE_MESSAGE(id, name, text, place, reactions)                                             \
  "{\"message\":\"" id "\",\"author\":{\"user\":\"x\",\"name\":\"" name "\"},\"text\":\"" text     \
  "\",\"sent_at_ms\":1000,\"place\":\"" place "\",\"reactions\":[" reactions "]}"
#define NODE_REACTION(emoji, count) "{\"emoji\":\"" emoji "\",\"count\":" count "}"
/* An event as the stream carries it. */
#define NODE_EVENT(type, id, data)                                                                 \
  "event: " type "\nid: " id "\ndata: {\"type\":\"" type "\",\"data\":" data "}\n\n"

enum { NODE_ASKED_SIZE = 65536, NODE_KEYS_MAX = 8, NODE_KEY_SIZE = 64 };

struct fake_node {
  char directory[64], path[96];
  struct fake_server *server;
  pthread_mutex_t lock; /* over what follows */
  pthread_cond_t changed;
  char asked[NODE_ASKED_SIZE];             /* "METHOD PATH\n" of every request */
  char keys[NODE_KEYS_MAX][NODE_KEY_SIZE]; /* Idempotency-Key of every POST; "" without one */
  unsigned posts, streams;
  unsigned lose;         /* how many answers to a POST are lost before one is given */
  bool vanish;           /* the socket goes with the first answer that is lost */
  int post_status;       /* of the answer to a POST; 0: 201 */
  int refuse_stream;     /* a status: streams are refused with a problem */
  const char *refusal;   /* the problem; NULL: a short one */
  bool break_pages;      /* requests for pages are broken off */
  const char *greeting;  /* what a stream begins with; NULL: ready */
  const char *page_next; /* items of the answer to a page `after`; NULL: none */
};

/* For cmocka: *state is a struct fake_node, serving in a directory of its own. */
int fake_node_set_up(void **state);
int fake_node_tear_down(void **state);
/* Ends the server, and begins it again. */
void fake_node_stop(struct fake_node *node);
void fake_node_start(struct fake_node *node);
/* Changes what it does, in one step: between these two the lock is held. */
void fake_node_lock(struct fake_node *node);
void fake_node_unlock(struct fake_node *node);
/* Waits until so many streams have been opened, all told. */
void fake_node_await_streams(struct fake_node *node, unsigned count);
/* Fails the test unless, or if, a request held this. */
void fake_node_assert_asked(struct fake_node *node, const char *part);
void fake_node_assert_not_asked(struct fake_node *node, const char *part);

#endif
