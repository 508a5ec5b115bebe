/*
 * options.h - topod's command line and what follows from it and the environment.
 */
#ifndef TOPO_DAEMON_OPTIONS_H
#define TOPO_DAEMON_OPTIONS_H

#include "net/address.h"
#include "node/node.h"
#include "sys/journal.h"

#include <stdio.h>

enum { TOPO_OPTIONS_PATH = 4096, TOPO_OPTIONS_ERROR = 256, TOPO_DEFAULT_PORT = 7443 };
enum { TOPO_OPTIONS_ADDRESS_SIZE = 64, TOPO_DEFAULT_HTTP_PORT = 7444 };

struct topo_options {
  char data_dir[TOPO_OPTIONS_PATH];
  char socket_path[TOPO_OPTIONS_PATH];
  struct topo_net_address bind;
  struct topo_address advertise[TOPO_NODE_ADDRESSES_MAX];
  size_t n_advertise;
  size_t conns_max; /* connections to peers of one space; 0: as many as may be */
  int ready_fd;     /* −1: none */
  enum topo_journal_level level;
  char listen_host[TOPO_OPTIONS_ADDRESS_SIZE]; /* of the API over TCP, a numeric address; empty:
                                                  none */
  uint16_t listen_port;
  bool discover; /* on the local network */
  bool shell;    /* a program runs it: one line on standard output, and the end of input ends it */
  bool help, version;
};

/* The environment that counts; each may be NULL. */
struct topo_options_env {
  const char *home, *state_home, *runtime_dir; /* HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR */
};

/* 0, or TOPO_EINVAL with a sentence in `error` (TOPO_OPTIONS_ERROR bytes). */
int topo_options_parse(struct topo_options *out, int argc, char *const *argv,
                       const struct topo_options_env *env, char *error);
void topo_options_help(FILE *out);

#endif
