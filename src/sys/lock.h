/*
 * lock.h - one daemon per data directory: an exclusive lock on the file DIR/lock.
 *
 * The system drops the lock when the process ends in whatever way, so a stale file is harmless. The
 * file holds the process id in decimal and a newline, for messages to people only.
 */
#ifndef TOPO_SYS_LOCK_H
#define TOPO_SYS_LOCK_H

struct topo_lock;

/* Takes the lock of the existing directory `dir`. 0 and *out, owned by the caller; TOPO_ELOCKED
 * when another process or another lock of this one holds it; TOPO_EDENIED when the directory is
 * another user's, others may write to it, or we may not; TOPO_ENOTFOUND, TOPO_EDISKFULL,
 * TOPO_ELIMIT (descriptors), TOPO_EIO, TOPO_ENOMEM. */
int topo_lock_take(const char *dir, struct topo_lock **out);

/* Gives the lock up. The file stays: removing it would race with the next taker. NULL is fine. */
void topo_lock_release(struct topo_lock *lock);

/* The process that wrote itself into the file last: the owner when the lock is held. 0 and *pid;
 * TOPO_ENOTFOUND when there is no file or no number in it. */
int topo_lock_owner(const char *dir, long *pid);

#endif
