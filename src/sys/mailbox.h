/*
 * mailbox.h - a bounded queue between threads: many put, one takes. The nodes live in the things
 * that are sent, so sending needs no memory.
 */
#ifndef TOPO_SYS_MAILBOX_H
#define TOPO_SYS_MAILBOX_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* Embedded in what is sent; belongs to the mailbox while it is in it. */
struct topo_mail {
  struct topo_mail *next;
};

struct topo_mailbox {
  pthread_mutex_t mutex;
  struct topo_mail *head, **tail;
  size_t len, capacity;
  bool closed;
  void (*wake)(void *arg);
  void *arg;
};

/* An empty mailbox for at most `capacity` (≥ 1) mails. `wake`, when not NULL, is called by the
 * putting thread each time the mailbox stops being empty, outside of its mutex; it typically wakes
 * a loop or an actor. A taker that has been woken therefore takes until there is no more, or wakes
 * itself. */
void topo_mailbox_init(struct topo_mailbox *box, size_t capacity, void (*wake)(void *arg),
                       void *arg);

/* Releases the mailbox, which no thread may use any more. The mails left in it are forgotten: take
 * them first. NULL is fine. */
void topo_mailbox_finish(struct topo_mailbox *box);

/* Puts a mail at the end. 0; TOPO_EAGAIN when the mailbox is full, TOPO_ECLOSED when it is closed:
 * the mail stays the caller's. */
int topo_mailbox_put(struct topo_mailbox *box, struct topo_mail *mail);

/* The oldest mail, now the caller's; NULL when there is none. */
struct topo_mail *topo_mailbox_take(struct topo_mailbox *box);

/* All mails, oldest first, linked by `next`; NULL when there is none. */
struct topo_mail *topo_mailbox_take_all(struct topo_mailbox *box);

/* No more mails can be put; those inside can still be taken. */
void topo_mailbox_close(struct topo_mailbox *box);

#endif
