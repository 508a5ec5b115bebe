/*
 * task.h - what travels between the threads of the daemon. A task is the first member of what
 * is sent, so a mailbox can hold things of several kinds and sending needs no memory.
 */
#ifndef TOPO_DAEMON_TASK_H
#define TOPO_DAEMON_TASK_H

#include "sys/mailbox.h"

enum topo_task_kind {
  TOPO_TASK_DUPLEX,    /* something happened on a connection (duplex.h) */
  TOPO_TASK_ENDPOINT,  /* to the network: a space has come, or whom it trusts has changed */
  TOPO_TASK_DIAL,      /* to the network: a connection is wanted; to a space: it failed */
  TOPO_TASK_BEACON,    /* to a space: somebody was heard on the local network */
  TOPO_TASK_CHECKED,   /* to a space: a batch comes back */
  TOPO_TASK_ADDRESSES, /* to a space: where others may reach the daemon has changed */
  TOPO_TASK_CALL,      /* to a space: an operation */
  TOPO_TASK_RENEW,     /* to a space: an invite link of its workspace, and a call as the next one */
  TOPO_TASK_WAIT       /* to a space: a call that wants to know when it is a member */
};

struct topo_task {
  struct topo_mail mail; /* first */
  enum topo_task_kind kind;
};

static inline struct topo_task *topo_task_of(struct topo_mail *mail)
{
  return (struct topo_task *)(void *)mail;
}

#endif
