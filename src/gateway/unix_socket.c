/* unix_socket.c - the file side of the local socket: directory, stale files, modes, credentials. */
#include "gateway/unix_socket.h"

#include "base/status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 256 };

/* Whoever may write the directory may swap the socket under a client, so only its owner may. */
static int prepare_directory(const char *path)
{
  char directory[sizeof((struct sockaddr_un *)0)->sun_path];
  const char *slash = strrchr(path, '/');
  if (!slash)
    return TOPO_EINVAL;
  snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
  if (mkdir(directory, 0700) == 0)
    return 0;
  struct stat info;
  if (errno != EEXIST || stat(directory, &info) < 0)
    return topo_status_of_errno(errno);
  if (!S_ISDIR(info.st_mode))
    return TOPO_EEXISTS;
  if (info.st_uid != geteuid() || info.st_mode & (S_IWGRP | S_IWOTH))
    return TOPO_EDENIED;
  return 0;
}

/* A daemon that crashed leaves its file behind, and connecting to that is refused at once. Any
 * other outcome means somebody is there, even if too busy to answer. */
static int remove_stale(const struct sockaddr_un *address)
{
  struct stat info;
  if (lstat(address->sun_path, &info) < 0)
    return errno == ENOENT ? 0 : topo_status_of_errno(errno);
  if (!S_ISSOCK(info.st_mode))
    return TOPO_EEXISTS;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0)
    return topo_status_of_errno(errno);
  bool refused =
      connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
  close(fd);
  if (!refused)
    return TOPO_EADDRINUSE;
  return unlink(address->sun_path) < 0 && errno != ENOENT ? topo_status_of_errno(errno) : 0;
}

static int listen_at(struct topo_unix_socket *s)
{
  struct stat info;
  s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (s->fd < 0)
    return topo_status_of_errno(errno);
  /* The mode of the descriptor becomes the mode of the file: no moment with a wider one, and no
   * process-wide umask. */
  if (fchmod(s->fd, 0600) < 0 ||
      bind(s->fd, (const struct sockaddr *)&s->address, sizeof s->address) < 0)
    goto fail;
  if (lstat(s->address.sun_path, &info) < 0 || listen(s->fd, BACKLOG) < 0) {
    int status = topo_status_of_errno(errno);
    unlink(s->address.sun_path);
    close(s->fd);
    s->fd = -1;
    return status;
  }
  s->device = info.st_dev;
  s->inode = info.st_ino;
  return 0;
fail:;
  int status = topo_status_of_errno(errno);
  close(s->fd);
  s->fd = -1;
  return status;
}

int topo_unix_socket_listen(struct topo_unix_socket *s, const char *path)
{
  *s = (struct topo_unix_socket){.fd = -1, .address = {.sun_family = AF_UNIX}};
  size_t len = strlen(path);
  if (len == 0 || len >= sizeof s->address.sun_path)
    return TOPO_EINVAL;
  memcpy(s->address.sun_path, path, len + 1);
  int status = prepare_directory(path);
  if (status == 0)
    status = remove_stale(&s->address);
  return status < 0 ? status : listen_at(s);
}

void topo_unix_socket_close(struct topo_unix_socket *s)
{
  struct stat info;
  if (s->fd < 0)
    return;
  if (lstat(s->address.sun_path, &info) == 0 && info.st_dev == s->device && info.st_ino == s->inode)
    unlink(s->address.sun_path);
  close(s->fd);
  s->fd = -1;
}

bool topo_unix_socket_is(int fd)
{
  int domain = 0;
  socklen_t len = sizeof domain;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX;
}

bool topo_unix_socket_peer_trusted(int fd)
{
  struct ucred peer;
  socklen_t len = sizeof peer;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || len != sizeof peer)
    return false;
  return peer.uid == geteuid() || peer.uid == 0;
}
