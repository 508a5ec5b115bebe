/*
 * input.h - everything that can happen to a space: the inputs of topo_node_step.
 */
#ifndef TOPO_NODE_INPUT_H
#define TOPO_NODE_INPUT_H

#include "node/beacon.h"
#include "node/ports.h"
#include "port/conn.h"

struct topo_op_call;
struct topo_invite_link;

/* An invite link of the space's own workspace. */
struct topo_renewal {
  const struct topo_invite_link *invite_link; /* borrowed for the step */
  int status;                                 /* what came of it, when the step is over */
};

enum topo_input_kind {
  TOPO_IN_CONN_UP,
  TOPO_IN_CONN_DATA,
  TOPO_IN_CONN_WRITABLE,
  TOPO_IN_CONN_DOWN,
  TOPO_IN_DIAL_FAILED,
  TOPO_IN_BEACON,
  TOPO_IN_CHECKED,
  TOPO_IN_ADDRESSES,
  TOPO_IN_INVITE,
  TOPO_IN_CALL
};

struct topo_input {
  enum topo_input_kind kind;
  /* CONN_*: of the connection, chosen by whoever made it, not 0, and never used again.
   * DIAL_FAILED: of the dial. */
  uint64_t number;
  union {
    struct {
      struct topo_conn conn;
      struct topo_id peer; /* the key it showed */
      struct topo_address address;
      bool outgoing;
      uint64_t dial; /* when outgoing: the number of the dial */
    } up;
    struct {
      unsigned stream;
      const uint8_t *data; /* borrowed for the step */
      size_t len;
    } data;
    struct {
      struct topo_beacon beacon;
      struct topo_address address; /* where who sent it says it is to be reached */
    } beacon;
    int status; /* CONN_DOWN, DIAL_FAILED: why, negative */
    struct topo_work *work;
    struct {
      const struct topo_address *list; /* borrowed for the step; best first */
      size_t n;                        /* at most TOPO_NODE_ADDRESSES_MAX */
    } addresses;                       /* where others may reach this daemon from now on */
    struct topo_renewal *renewal;
    struct topo_op_call *call; /* its `done` is called once, within this step */
  };
};

#endif
