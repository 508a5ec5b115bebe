/*
 * letter.h - what travels between the threads of the daemon. A letter is the first member of what
 * is sent, so a mailbox can hold things of several kinds and sending needs no memory.
 */
#ifndef TOPO_DAEMON_LETTER_H
#define TOPO_DAEMON_LETTER_H

#include "sys/mailbox.h"

enum topo_letter_kind {
  TOPO_LETTER_PIPE,     /* something happened on a connection (pipe.h) */
  TOPO_LETTER_ENDPOINT, /* to the network: a space has come, or whom it trusts has changed */
  TOPO_LETTER_DIAL,     /* to the network: a connection is wanted; to a space: it failed */
  TOPO_LETTER_CHECKED,  /* to a space: a batch comes back */
  TOPO_LETTER_CALL,     /* to a space: an operation */
  TOPO_LETTER_WAIT      /* to a space: a call that wants to know when it is a member */
};

struct topo_letter {
  struct topo_mail mail; /* first */
  enum topo_letter_kind kind;
};

static inline struct topo_letter *topo_letter_of(struct topo_mail *mail)
{
  return (struct topo_letter *)(void *)mail;
}

#endif
