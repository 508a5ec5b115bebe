/*
 * mailbox.c - a linked list under a mutex. The lock is held for a few instructions only.
 */
#include "sys/mailbox.h"

#include "base/assert.h"
#include "base/status.h"
#include "sys/mutex.h"

void topo_mailbox_init(struct topo_mailbox *box, size_t capacity, void (*wake)(void *arg),
                       void *arg)
{
  topo_assert(capacity > 0);
  *box = (struct topo_mailbox){.capacity = capacity, .wake = wake, .arg = arg};
  box->tail = &box->head;
  topo_mutex_init(&box->mutex);
}

void topo_mailbox_finish(struct topo_mailbox *box)
{
  if (box)
    pthread_mutex_destroy(&box->mutex);
}

static int append(struct topo_mailbox *box, struct topo_mail *mail, bool *was_empty)
{
  if (box->closed)
    return TOPO_ECLOSED;
  if (box->len == box->capacity)
    return TOPO_EAGAIN;
  mail->next = NULL;
  *box->tail = mail;
  box->tail = &mail->next;
  *was_empty = box->len++ == 0;
  return TOPO_OK;
}

int topo_mailbox_put(struct topo_mailbox *box, struct topo_mail *mail)
{
  bool was_empty = false;
  pthread_mutex_lock(&box->mutex);
  int r = append(box, mail, &was_empty);
  pthread_mutex_unlock(&box->mutex);
  if (was_empty && box->wake)
    box->wake(box->arg);
  return r;
}

struct topo_mail *topo_mailbox_take(struct topo_mailbox *box)
{
  pthread_mutex_lock(&box->mutex);
  struct topo_mail *mail = box->head;
  if (mail) {
    box->head = mail->next;
    box->len--;
    if (!box->head)
      box->tail = &box->head;
  }
  pthread_mutex_unlock(&box->mutex);
  if (mail)
    mail->next = NULL;
  return mail;
}

struct topo_mail *topo_mailbox_take_all(struct topo_mailbox *box)
{
  pthread_mutex_lock(&box->mutex);
  struct topo_mail *all = box->head;
  box->head = NULL;
  box->tail = &box->head;
  box->len = 0;
  pthread_mutex_unlock(&box->mutex);
  return all;
}

void topo_mailbox_close(struct topo_mailbox *box)
{
  pthread_mutex_lock(&box->mutex);
  box->closed = true;
  pthread_mutex_unlock(&box->mutex);
}
