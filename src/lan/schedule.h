/*
 * schedule.h - when discovery says something on one network, and how much it listens to (RFC 6762
 * §5.2, §6, §8.3). Functions of time and chance alone; times are monotonic, in nanoseconds.
 */
#ifndef TOPO_LAN_SCHEDULE_H
#define TOPO_LAN_SCHEDULE_H

#include "port/rng.h"

#include <stdbool.h>

enum {
  TOPO_LAN_ANNOUNCEMENTS = 3, /* of a new name, one after the other */
  TOPO_LAN_PACKETS_MAX = 256, /* that are looked at in a second; the others are dropped. 45 µs each
                                 at most: 64 records of the longest names, built with -O1 */
  TOPO_LAN_ANSWERS_MAX = 32,  /* that are passed on in a second, at seven hashes of every space */
  TOPO_LAN_DELAY_MIN_MS = 20, /* before anything is said, so that many do not speak at once */
  TOPO_LAN_DELAY_MAX_MS = 120,
  TOPO_LAN_INTERVAL_MS = 1000, /* between two answers, at least; between the first two queries */
  TOPO_LAN_QUERY_INTERVAL_MAX_MS = 60 * 60 * 1000,
  TOPO_LAN_NAME_MIN_MS = 9 * 60 * 1000, /* how long a name lives */
  TOPO_LAN_NAME_MAX_MS = 11 * 60 * 1000
};

enum topo_lan_due { TOPO_LAN_QUERY = 1, TOPO_LAN_ANSWER = 2, TOPO_LAN_RENAME = 4 };

/* How much of something there was in the second at hand. */
struct topo_lan_budget {
  uint64_t since_ns;
  unsigned n;
};

struct topo_lan_schedule {
  const struct topo_rng *rng;
  uint64_t query_ns, answer_ns, rename_ns; /* when each is due; TOPO_NEVER: not at all */
  uint64_t query_interval_ms;              /* until the query after the next one */
  uint64_t announce_interval_ms;
  unsigned announcements; /* that are left after the answer that is due */
  uint64_t answered_ns;   /* when the last answer was said; 0: never */
  struct topo_lan_budget packets, answers;
};

/* Nothing is due yet. `rng` outlives it. */
void topo_lan_schedule_init(struct topo_lan_schedule *schedule, const struct topo_rng *rng);
/* Others are asked for, soon, and then ever more seldom. */
void topo_lan_schedule_ask(struct topo_lan_schedule *schedule, uint64_t now_ns);
/* There is a new name: it is announced, and its end is set. */
void topo_lan_schedule_named(struct topo_lan_schedule *schedule, uint64_t now_ns);
/* Somebody has asked. */
void topo_lan_schedule_asked(struct topo_lan_schedule *schedule, uint64_t now_ns);
/* What is due by now, a sum of enum topo_lan_due, which is not due any more then. After a RENAME
 * comes topo_lan_schedule_named; the old name is not said again. */
unsigned topo_lan_schedule_due(struct topo_lan_schedule *schedule, uint64_t now_ns);
/* When something is due next; TOPO_NEVER: not at all. */
uint64_t topo_lan_schedule_next(const struct topo_lan_schedule *schedule);
/* May one more packet be looked at? */
bool topo_lan_schedule_admits(struct topo_lan_schedule *schedule, uint64_t now_ns);
/* May one more answer be passed on? */
bool topo_lan_schedule_passes(struct topo_lan_schedule *schedule, uint64_t now_ns);

#endif
