/*
 * stream.h - receives the events of a space for as long as it takes.
 *
 * When the connection breaks (the daemon stops, dies, is started again) it says so once on standard
 * error, waits, and goes on after the last event that was dealt with.
 */
#ifndef TOPO_CLI_STREAM_H
#define TOPO_CLI_STREAM_H

#include "cli/sse.h"

/* What `each` returns, besides exit codes: TOPO_CLI_OK to go on; this to connect anew and get the
 * event once more. */
enum { TOPO_CLI_STREAM_AGAIN = -1 };

struct topo_cli_stream {
  char path[TOPO_CLI_PATH_SIZE];    /* of the stream with its filters: "/v1/events?space=…" */
  char since[TOPO_CLI_CURSOR_SIZE]; /* go on after it; empty: from now on. Moves with the events */
  /* Deals with an event, which is lent. An exit code other than TOPO_CLI_OK ends it all. */
  int (*each)(void *arg, const struct topo_cli_sse_event *event);
  void *arg;
};

/* Returns once `each` wants it or the daemon refuses: an exit code that is not TOPO_CLI_OK. A
 * refusal was told to the user. */
int topo_cli_stream_run(struct topo_cli *cli, struct topo_cli_stream *stream);

#endif
