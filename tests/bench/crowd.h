/*
 * crowd.h - twenty users with two devices each, and what they say: real keys, admitted by invites
 * and device credentials, each device signing and sealing its own chain. Everything enters a space
 * by the code that takes in events of peers, in batches, past the network.
 */
#ifndef TOPO_TESTS_BENCH_CROWD_H
#define TOPO_TESTS_BENCH_CROWD_H

#include "crypto/ggm.h"
#include "node/node.h"

enum { CROWD_USERS = 20, CROWD_DEVICES = 2, CROWD_CHANNELS = 8 };

struct crowd_device {
  struct topo_sign_key key;
  struct topo_id credential;
  struct topo_ggm_path path; /* of its chain in the one epoch */
  uint32_t seq;
  struct topo_id prev;
};

struct crowd {
  struct crowd_device devices[CROWD_USERS][CROWD_DEVICES];
  struct topo_id channels[CROWD_CHANNELS];
  size_t n_channels;
  bool reacts;      /* to every fifth message, with up to three emojis by up to three users each */
  uint64_t wall_ms; /* the time of what is said next */
  uint64_t dice;    /* the state of what decides on channels and reactions: the same every time */
};

/* Admits everybody in the creator's space `node`, each with a profile. */
void crowd_admit(struct crowd *crowd, struct topo_node *node, uint64_t wall_ms);

/* More channels in the creator's space, CROWD_CHANNELS in all: from now on a message is in one at
 * random. */
void crowd_open_channels(struct crowd *crowd, struct topo_node *node);

/* A message of BENCH_TEXT bytes as `u32 length ‖ event`, sealed with the node's newest epoch. */
void crowd_message(struct crowd *crowd, struct topo_node *node, struct crowd_device *from,
                   struct topo_buf *out);

/* Users first … first + users say n messages, taking turns, in the space of `node`, which may be
 * another one than admitted them. The node must be closed and opened before it is stepped. */
void crowd_say(struct crowd *crowd, struct topo_node *node, unsigned first, unsigned users,
               uint64_t n);

#endif
