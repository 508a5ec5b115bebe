/* readers.c - reading operations on handles of their own. */
#include "daemon/readers.h"

#include "base/assert.h"
#include "base/status.h"
#include "dag/changes.h"
#include "sys/mutex.h"

#include <stdlib.h>
#include <string.h>

enum { CALLS_PER_JOB = 16 };

struct slot {
  struct topo_job job; /* first */
  struct topo_readers *readers;
  struct topo_db *db; /* of the job; NULL until it is needed */
  bool busy;
};

struct topo_readers {
  struct topo_pool *pool;
  const struct topo_space_file *file;
  pthread_mutex_t mutex;
  pthread_cond_t idle;
  struct topo_op_call *queue[TOPO_READERS_QUEUE]; /* a ring */
  size_t first, len, busy;
  bool closing;
  struct slot slots[TOPO_READERS_HANDLES];
};

static struct topo_op_call *take_locked(struct topo_readers *r)
{
  if (!r->len)
    return NULL;
  struct topo_op_call *call = r->queue[r->first];
  r->first = (r->first + 1) % TOPO_READERS_QUEUE;
  r->len--;
  return call;
}

/* The moment that the answer shows. A client that has seen it needs no answer. */
static int set_cursor(struct topo_db *db, struct topo_op_call *call)
{
  struct topo_change_cursor head;
  int status = topo_changes_head(db, &head);
  if (status < 0)
    return status;
  topo_change_cursor_format(call->cursor, &head);
  call->unchanged = strcmp(call->cursor, call->known) == 0;
  return 0;
}

static void run_call(struct slot *slot, struct topo_op_call *call)
{
  const struct topo_space_file *file = slot->readers->file;
  int status = slot->db ? 0 : topo_space_file_open(file, TOPO_READERS_CACHE_KIB, &slot->db);
  /* One transaction: all statements of the operation see the same state. */
  if (status == 0)
    status = topo_db_hold(slot->db);
  if (status == 0) {
    struct topo_view view = topo_space_file_view(file, slot->db);
    status = set_cursor(slot->db, call);
    if (status == 0 && !call->unchanged)
      status = call->op->run(call, &view);
    if (status == 0)
      topo_db_release(slot->db);
    else
      topo_db_rollback(slot->db); /* a statement may have stopped half-way */
    if (status == 0)
      status = topo_json_status(&call->out);
  }
  if (status == TOPO_EIO || status == TOPO_ECORRUPT) { /* a new handle may work again */
    topo_db_close(slot->db);
    slot->db = NULL;
  }
  topo_op_done(call, status);
}

static void run_job(struct topo_job *job)
{
  struct slot *slot = (struct slot *)(void *)job;
  struct topo_readers *r = slot->readers;
  for (int i = 0; i < CALLS_PER_JOB; i++) {
    pthread_mutex_lock(&r->mutex);
    struct topo_op_call *call = take_locked(r);
    if (!call) {
      slot->busy = false;
      if (--r->busy == 0)
        pthread_cond_broadcast(&r->idle);
      pthread_mutex_unlock(&r->mutex);
      return;
    }
    pthread_mutex_unlock(&r->mutex);
    run_call(slot, call);
  }
  topo_pool_submit(r->pool, job); /* the others have their turn */
}

struct topo_readers *topo_readers_create(struct topo_pool *pool, const struct topo_space_file *file)
{
  struct topo_readers *r = calloc(1, sizeof *r);
  if (!r)
    return NULL;
  r->pool = pool;
  r->file = file;
  topo_mutex_init(&r->mutex);
  topo_mutex_init_condition(&r->idle);
  for (unsigned i = 0; i < TOPO_READERS_HANDLES; i++)
    r->slots[i] = (struct slot){.job.run = run_job, .readers = r};
  return r;
}

static struct slot *free_slot_locked(struct topo_readers *r)
{
  for (unsigned i = 0; i < TOPO_READERS_HANDLES; i++)
    if (!r->slots[i].busy) {
      r->slots[i].busy = true;
      r->busy++;
      return &r->slots[i];
    }
  return NULL;
}

void topo_readers_start(struct topo_readers *r, struct topo_op_call *call)
{
  struct slot *slot = NULL;
  int status = 0;
  pthread_mutex_lock(&r->mutex);
  if (r->closing) {
    status = TOPO_ECLOSED;
  } else if (r->len == TOPO_READERS_QUEUE) {
    status = TOPO_EAGAIN;
  } else {
    r->queue[(r->first + r->len++) % TOPO_READERS_QUEUE] = call;
    slot = free_slot_locked(r);
  }
  pthread_mutex_unlock(&r->mutex);
  if (slot)
    topo_pool_submit(r->pool, &slot->job);
  if (status < 0)
    topo_op_done(call, status);
}

void topo_readers_stop(struct topo_readers *r)
{
  struct topo_op_call *call;
  pthread_mutex_lock(&r->mutex);
  r->closing = true;
  while ((call = take_locked(r)) != NULL) {
    pthread_mutex_unlock(&r->mutex);
    topo_op_done(call, TOPO_ECLOSED);
    pthread_mutex_lock(&r->mutex);
  }
  while (r->busy)
    pthread_cond_wait(&r->idle, &r->mutex);
  pthread_mutex_unlock(&r->mutex);
  for (unsigned i = 0; i < TOPO_READERS_HANDLES; i++) {
    topo_db_close(r->slots[i].db);
    r->slots[i].db = NULL;
  }
}

void topo_readers_destroy(struct topo_readers *r)
{
  if (!r)
    return;
  topo_assert(r->closing);
  pthread_cond_destroy(&r->idle);
  pthread_mutex_destroy(&r->mutex);
  free(r);
}
