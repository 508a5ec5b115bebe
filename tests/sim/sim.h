/*
 * sim.h - a network of spaces in one process, run from one seed.
 *
 *   main.c     arguments, seeds, the run of one seed
 *   world.c    time: what is due next, dials, connections, work that comes back
 *   host.c     one daemon: its disk, its space, its inbox; steps, crashes, restarts
 *   actions.c  what people and misfortune do
 *   calls.c    operations asked of a space, and what it acknowledged
 *   check.c    what must hold in the end; rebuild.c and check_oracle.c are its
 *              heavy parts
 *   spread.c   how an event spreads over many hosts
 *   plant.c    faults put in on purpose, for the checkers to find
 *
 * Nothing here knows real time or the system's randomness: the same seed gives the same trace.
 */
#ifndef TOPO_TESTS_SIM_H
#define TOPO_TESTS_SIM_H

#include "lib/builds.h"
#include "lib/sim_conn.h"
#include "lib/sim_disk.h"
#include "lib/sim_rng.h"
#include "model/oracle.h"
#include "node/node.h"

enum {
  SIM_NODES = 80,
  SIM_INBOX = 24, /* inputs of one step, at most */
  SIM_WALL_START_S = 1700000000
};

/* Faults that plant.c knows; the numbers are those of --plant. */
enum sim_plant {
  SIM_PLANT_NONE,
  SIM_PLANT_SENT_NOT_KEPT,   /* 1 answers and sends, and then forgets the commit */
  SIM_PLANT_FORGOTTEN_ITEM,  /* 2 an item is missing from a set in memory */
  SIM_PLANT_OLD_DATABASE,    /* 3 comes back from a crash with a backup: chain places used twice */
  SIM_PLANT_SWAPPED_BYTES,   /* 4 a stream is not in order */
  SIM_PLANT_LOST_BATCH,      /* 5 batches are taken and not applied */
  SIM_PLANT_LYING_DISK,      /* 6 the disk says "synced" and is not */
  SIM_PLANT_FLIPPED_BIT,     /* 7 a stream is not what was sent */
  SIM_PLANT_LOST_ROW,        /* 8 a row of a projection is gone */
  SIM_PLANT_SWALLOWED_WANTS, /* 9 what was asked for is never sent, and neither is "missing" */
  SIM_PLANT_CHANGED_STATE,   /* 10 an accepted event is written down as unauthorised */
  SIM_PLANT_LOST_ADMISSION,  /* 11 a control event is no longer known as admitted */
  SIM_PLANT_WRONG_TIME,      /* 12 an event's time is not the one in its bytes */
  SIM_PLANT_ONLY_ACCEPTED,   /* 13 an upgrade judges again only what was accepted before */
  SIM_PLANTS
};

struct sim_profile {
  const char *name;
  unsigned nodes;
  bool line;          /* only neighbours reach each other */
  unsigned crash;     /* weights of what happens, against 100 for ordinary acts */
  unsigned disk;      /* full disks, I/O errors */
  unsigned network;   /* lost connections, stalls */
  unsigned clock;     /* jumps of the wall clock */
  unsigned upgrade;   /* newer builds (lib/builds.h); 0: all hosts run the newest */
  uint64_t pause_ms;  /* between two acts, mostly */
  size_t send_buffer; /* of the connections, at least */
  size_t conns_max;   /* of a host; 0: as many as may be */
  bool spread;        /* at the end, how events spread is measured */
};

struct sim_world;

/* An input that waits for its step; owns its bytes. */
struct sim_input {
  struct topo_input input;
  struct sim_conn *conn; /* of LINK_* inputs */
  unsigned end;
  uint8_t *data;
};

struct sim_host {
  struct sim_world *world;
  unsigned index;
  struct topo_node *node; /* NULL: not there (yet), or crashed */
  struct sim_disk *disk;
  struct topo_disk disk_port;
  struct sim_rng rng; /* the node's own */
  struct topo_node_ports ports;
  struct topo_address own; /* where it is reached */
  struct sim_input inbox[SIM_INBOX];
  size_t n_inbox;
  uint64_t step_ms;     /* when the inbox is worked off */
  uint64_t wake_ms;     /* when a crashed host is started again */
  uint64_t heal_ms;     /* when its disk is well again */
  int64_t wall_skew_ms; /* of its clock on the wall */
  unsigned build;       /* of lib/builds.h; grows */
  uint64_t rest_ms;     /* until then it is busy with what it judged again in the last step */
  bool hidden;          /* plant.c: events are kept from being judged again */
  unsigned life;        /* counts starts: what belongs to an earlier one is stale */
  bool exists;          /* the space was made or joined */
  bool trust_changed, sick;
  uint64_t rejected;      /* of lives before */
  char *invite;           /* the link by which it is to join */
  struct topo_bytes kept; /* plant.c: a copy of the database */
  struct topo_bytes kept_wal;
  struct topo_id device; /* its key, kept over crashes */
};

struct sim_wire {
  struct sim_conn *conn;
  unsigned host[2], life[2]; /* end 0 dialled */
  uint64_t number[2];
  struct topo_id key; /* what the dialler showed */
  bool with_invite;
};

struct sim_dial {
  uint64_t due_ms;
  unsigned host, life;
  struct topo_dial dial;
};

struct sim_work {
  uint64_t due_ms;
  unsigned host, life;
  struct topo_work *work;
};

enum sim_said { SIM_SAID_MESSAGE, SIM_SAID_REACTION, SIM_SAID_CHANNEL, SIM_SAID_INVITE };

struct sim_call {
  struct topo_op_call *call;
  struct sim_world *world;
  unsigned host;
  unsigned guest; /* invites: who is to join */
  enum sim_said what;
  bool done;
};

struct sim_ack {
  enum sim_said what;
  unsigned host;
  struct topo_id id;
};

struct sim_world {
  struct sim_profile profile;
  enum sim_plant plant;
  uint64_t seed, now_ms, next_number, trace, steps, stuck;
  bool verbose, healing;
  struct sim_rng rng;
  struct sim_host hosts[SIM_NODES];
  unsigned n_hosts;                                 /* of the profile */
  struct topo_buf conns, dials, works, calls, acks; /* sim_wire, _dial, _work, _call *, _ack */
  unsigned planted;                                 /* how often the fault was put in */
  char failure[512];                                /* empty: none */
};

/* ---- world.c */
void sim_world_init(struct sim_world *w, const struct sim_profile *profile, uint64_t seed,
                    enum sim_plant plant, bool verbose);
void sim_world_finish(struct sim_world *w);
void sim_world_run_until(struct sim_world *w, uint64_t at_ms);
/* The first failure of a run counts. */
void sim_fail(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_say(struct sim_world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(struct sim_world *w, const void *data, size_t len);
void sim_world_dial(struct sim_host *h, const struct topo_dial *dial);
void sim_world_work(struct sim_host *h, struct topo_work *work);
/* The host is gone: its connections and dials with it. */
void sim_world_forget(struct sim_host *h);
/* Work that the host is waiting for, taken out of the hands of whoever checks it; or NULL. */
struct topo_work *sim_world_take_work(struct sim_host *h);
void sim_world_cut_untrusted(struct sim_host *h);
bool sim_world_busy(const struct sim_world *w); /* something is on its way */
bool sim_world_reaches(const struct sim_world *w, unsigned a, unsigned b);

/* ---- host.c */
void sim_host_init(struct sim_world *w, unsigned index);
void sim_host_finish(struct sim_host *h);
void sim_host_found(struct sim_host *h);
void sim_host_join(struct sim_host *h);
void sim_host_start(struct sim_host *h);
enum sim_end { SIM_KILL, SIM_POWER_CUT };
void sim_host_crash(struct sim_host *h, enum sim_end how, uint64_t away_ms);
/* False when the inbox is full just now; the input is then not taken. */
bool sim_host_give(struct sim_host *h, const struct sim_input *input);
void sim_host_step(struct sim_host *h);
uint64_t sim_host_due(const struct sim_host *h);
struct topo_now sim_host_now(const struct sim_host *h);
struct topo_address sim_host_address(unsigned index);
/* Trusted by the space to connect just now. */
bool sim_host_trusts(struct sim_host *h, const struct topo_id *key);
void sim_host_heal(struct sim_host *h);
/* Stops, and starts again as the build, which is a newer one; `away_ms` later. */
void sim_host_upgrade(struct sim_host *h, unsigned build, uint64_t away_ms);

/* ---- calls.c */
void sim_call_message(struct sim_host *h, const struct topo_id *channel, const char *text);
void sim_call_reaction(struct sim_host *h, const struct topo_id *message, const char *emoji);
void sim_call_channel(struct sim_host *h, const char *name);
void sim_call_invite(struct sim_host *h, unsigned guest);
void sim_calls_sweep(struct sim_world *w); /* frees what is done */
/* A random accepted channel or message as the host's space shows it; false when there is none. */
bool sim_pick(struct sim_host *h, enum sim_said what, struct topo_id *out);

/* ---- actions.c */
void sim_act(struct sim_world *w);
void sim_heal_all(struct sim_world *w);
void sim_join_late(struct sim_world *w); /* everybody who has not joined does */

/* ---- check.c, rebuild.c, check_oracle.c */
bool sim_quiet(struct sim_world *w);
void sim_check(struct sim_world *w);
void sim_check_running(struct sim_host *h); /* after each step */
struct sim_log {
  struct topo_buf bytes;     /* of all events */
  struct topo_bytes *events; /* views into them */
  struct topo_id *ids;
  uint8_t *states;
  size_t n;
  uint8_t (*secrets)[32];
  size_t n_secrets;
};
void sim_log_read(struct sim_host *h, struct sim_log *log);
void sim_log_finish(struct sim_log *log);
void sim_check_rebuild(struct sim_host *h, const struct sim_log *log);
void sim_check_oracle(struct sim_host *h, const struct sim_log *log);

/* ---- spread.c */
void sim_spread(struct sim_world *w); /* of hosts that are in step; prints a line */

/* ---- plant.c */
void sim_plant_before_step(struct sim_host *h);
void sim_plant_after_step(struct sim_host *h);
void sim_plant_crashed(struct sim_host *h); /* its disk may be exchanged now */
void sim_plant_work(struct sim_host *h, struct topo_work *work);
/* Just before the end is checked; true: the hosts are to come to rest once more. */
bool sim_plant_healed(struct sim_world *w);
enum sim_conn_fault sim_plant_conn(struct sim_world *w);

#endif
