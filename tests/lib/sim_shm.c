/*
 * sim_shm.c - the shared memory of WAL mode: zeroed regions per file, gone when the last connection
 * leaves, and eight slots of shared and exclusive locks.
 */
#include "lib/sim_disk_impl.h"

#include "base/assert.h"

#include <stdlib.h>

void sim_shm_unref(struct sim_shm *shm)
{
  if (!shm || --shm->refs > 0)
    return;
  for (int i = 0; i < shm->regions; i++)
    free(shm->region[i]);
  free(shm);
}

/* The handle joins the shared memory of its file. The file holds a reference of its own as long as
 * living handles use it. */
static void join(struct sim_handle *h)
{
  if (h->shm)
    return;
  if (!h->file->shm) {
    h->file->shm = sim_allocate(sizeof *h->file->shm);
    h->file->shm->refs = 1;
  }
  h->shm = h->file->shm;
  h->shm->refs++;
}

int sim_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out)
{
  struct sim_handle *h = (struct sim_handle *)base;
  *out = NULL;
  int code = sim_disk_call(h->disk, SIM_DISK_MAP);
  if (code != SQLITE_OK || !sim_handle_lives(h))
    return code != SQLITE_OK ? code : SQLITE_IOERR;
  if (region >= SIM_SHM_REGIONS)
    return SQLITE_IOERR_SHMMAP;
  join(h);
  struct sim_shm *shm = h->shm;
  if (region >= shm->regions && !extend)
    return SQLITE_OK;
  while (shm->regions <= region)
    shm->region[shm->regions++] = sim_allocate((size_t)size);
  *out = shm->region[region];
  return SQLITE_OK;
}

int sim_shm_lock(sqlite3_file *base, int offset, int n, int flags)
{
  struct sim_handle *h = (struct sim_handle *)base;
  unsigned mask = ((1u << n) - 1) << offset;
  topo_assert(n >= 1 && offset >= 0 && offset + n <= SQLITE_SHM_NLOCK);
  if (!sim_handle_lives(h))
    return SQLITE_IOERR;
  if (!h->shm)
    return SQLITE_IOERR_SHMLOCK;
  if (flags & SQLITE_SHM_UNLOCK) {
    h->shm_shared &= ~mask;
    h->shm_exclusive &= ~mask;
    return SQLITE_OK;
  }
  unsigned in_the_way = 0;
  for (const struct sim_handle *o = h->file->handles; o; o = o->next)
    if (o != h)
      in_the_way |= o->shm_exclusive | (flags & SQLITE_SHM_EXCLUSIVE ? o->shm_shared : 0);
  if (in_the_way & mask)
    return SQLITE_BUSY;
  if (flags & SQLITE_SHM_EXCLUSIVE)
    h->shm_exclusive |= mask;
  else
    h->shm_shared |= mask;
  return SQLITE_OK;
}

void sim_shm_barrier(sqlite3_file *base)
{
  (void)base;
  __sync_synchronize();
}

int sim_shm_unmap(sqlite3_file *base, int delete_flag)
{
  struct sim_handle *h = (struct sim_handle *)base;
  (void)delete_flag; /* nobody finds the memory again once the last handle has left */
  if (!h->shm)
    return SQLITE_OK;
  struct sim_file *file = h->file;
  bool of_this_world = h->shm == file->shm;
  sim_shm_unref(h->shm);
  h->shm = NULL;
  h->shm_shared = h->shm_exclusive = 0;
  if (of_this_world && file->shm->refs == 1) {
    sim_shm_unref(file->shm);
    file->shm = NULL;
  }
  return SQLITE_OK;
}
