/*
 * disk.c - directories made, listed, and files removed, with the syncs that make it last.
 */
#include "sys/disk.h"

#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the system says, in the three words that the port has for it. */
static int failure(void)
{
  int status = topo_status_of_errno(errno);
  return status == TOPO_EDENIED || status == TOPO_EDISKFULL ? status : TOPO_EIO;
}

/* Syncs the directory that `path` lies in, so that a name made or removed there stays so. */
static int sync_parent(const char *path)
{
  char parent[PATH_MAX];
  size_t len = strlen(path);
  while (len > 0 && path[len - 1] != '/')
    len--;
  /* "a" lies in ".", "/a" in "/", "x/a" in "x/". */
  memcpy(parent, len ? path : ".", len ? len : 1);
  parent[len ? len : 1] = 0;
  int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? TOPO_OK : failure();
  int r = fsync(fd) == 0 ? TOPO_OK : failure();
  close(fd);
  return r;
}

static int make_one(const char *path)
{
  struct stat st;
  if (mkdir(path, 0700) == 0)
    return sync_parent(path);
  if (errno != EEXIST)
    return failure();
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? TOPO_OK : TOPO_EIO;
}

static int os_make_dir(void *ctx, const char *path)
{
  char part[PATH_MAX];
  size_t len = strlen(path);
  (void)ctx;
  while (len > 1 && path[len - 1] == '/')
    len--;
  if (len == 0 || len >= sizeof part)
    return TOPO_EIO;
  for (size_t i = 1; i <= len; i++) {
    if (i < len && (path[i] != '/' || path[i - 1] == '/'))
      continue;
    memcpy(part, path, i);
    part[i] = 0;
    int r = make_one(part);
    if (r != TOPO_OK)
      return r;
  }
  return TOPO_OK;
}

static int list_open(DIR *dir, int (*each)(void *arg, const char *name), void *arg)
{
  for (;;) {
    errno = 0;
    const struct dirent *e = readdir(dir);
    if (!e)
      return errno ? TOPO_EIO : TOPO_OK;
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
      continue;
    int r = each(arg, e->d_name);
    if (r != 0)
      return r;
  }
}

static int os_list(void *ctx, const char *path, int (*each)(void *arg, const char *name), void *arg)
{
  (void)ctx;
  DIR *dir = opendir(path);
  if (!dir)
    return errno == ENOENT ? TOPO_ENOTFOUND : TOPO_EIO;
  int r = list_open(dir, each, arg);
  closedir(dir);
  return r;
}

static int os_remove(void *ctx, const char *path)
{
  (void)ctx;
  if (strlen(path) >= PATH_MAX)
    return TOPO_EIO;
  if (unlink(path) != 0 && errno != ENOENT)
    return failure();
  /* Also when there was none: an earlier removal may have been cut short before its sync. */
  return sync_parent(path);
}

static const struct topo_disk_ops ops = {
    .make_dir = os_make_dir, .list = os_list, .remove = os_remove};

struct topo_disk topo_disk_os(void)
{
  return (struct topo_disk){.ops = &ops, .ctx = NULL, .vfs = NULL};
}
