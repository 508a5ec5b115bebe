/*
 * lock.c - flock(2): tied to the open file, so taking it twice in one process is refused, too, and
 * closing some other descriptor of the file does not drop it (as POSIX locks would).
 */
#include "sys/lock.h"

#include "base/status.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct topo_lock {
  int fd;
};

static int open_lock_file(const char *dir, int flags)
{
  char path[PATH_MAX];
  int n = snprintf(path, sizeof path, "%s/lock", dir);
  if (n < 0 || (size_t)n >= sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Whoever may write to the folder may replace the files in it, so a folder that others may write to
 * is refused. */
static int check_folder(const char *dir)
{
  struct stat info;
  if (stat(dir, &info) < 0)
    return topo_status_of_errno(errno);
  return info.st_uid == geteuid() && !(info.st_mode & (S_IWGRP | S_IWOTH)) ? TOPO_OK : TOPO_EDENIED;
}

static int lock_and_sign(int fd)
{
  int r;
  do
    r = flock(fd, LOCK_EX | LOCK_NB);
  while (r != 0 && errno == EINTR);
  if (r != 0 && errno == EWOULDBLOCK)
    return TOPO_ELOCKED;
  if (r != 0 || ftruncate(fd, 0) != 0)
    return topo_status_of_errno(errno);
  return dprintf(fd, "%ld\n", (long)getpid()) > 0 ? TOPO_OK : topo_status_of_errno(errno);
}

int topo_lock_take(const char *dir, struct topo_lock **out)
{
  *out = NULL;
  int r = check_folder(dir);
  if (r != TOPO_OK)
    return r;
  int fd = open_lock_file(dir, O_RDWR | O_CREAT);
  if (fd < 0)
    return topo_status_of_errno(errno);
  r = lock_and_sign(fd);
  if (r != TOPO_OK)
    goto close_file;
  struct topo_lock *lock = malloc(sizeof *lock);
  if (!lock) {
    r = TOPO_ENOMEM;
    goto close_file;
  }
  lock->fd = fd;
  *out = lock;
  return TOPO_OK;

close_file:
  close(fd);
  return r;
}

void topo_lock_release(struct topo_lock *lock)
{
  if (!lock)
    return;
  close(lock->fd);
  free(lock);
}

int topo_lock_owner(const char *dir, long *pid)
{
  char text[32];
  *pid = 0;
  int fd = open_lock_file(dir, O_RDONLY);
  if (fd < 0)
    return TOPO_ENOTFOUND;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0)
    return TOPO_ENOTFOUND;
  text[n] = 0;
  *pid = strtol(text, NULL, 10);
  return *pid > 0 ? TOPO_OK : TOPO_ENOTFOUND;
}
