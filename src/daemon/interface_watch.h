/*
 * interface_watch.h - tells when interfaces, addresses or routes of this machine have changed. What
 * they are now is asked for anew then (interfaces.h): a notice may be lost, the answer is whole.
 */
#ifndef TOPO_DAEMON_INTERFACE_WATCH_H
#define TOPO_DAEMON_INTERFACE_WATCH_H

#include "sys/journal.h"
#include "sys/loop.h"

struct topo_interface_watch {
  struct topo_loop *loop;
  struct topo_journal *journal;
  struct topo_watch watch;
  struct topo_timer timer; /* set while news wait to be told */
  uint64_t told_ns;        /* when the last ones were */
  void (*changed)(void *arg);
  void *arg;
};

/* From now on calls changed(arg) in the loop's thread, a moment after something has changed and at
 * most once a second. The loop outlives the watch, whose memory is the caller's. 0; TOPO_EDENIED or
 * TOPO_EINVAL where there is no rtnetlink, TOPO_ELIMIT, TOPO_ENOMEM, TOPO_EIO. */
int topo_interface_watch_init(struct topo_interface_watch *watch, struct topo_loop *loop,
                              struct topo_journal *journal, void (*changed)(void *arg), void *arg);
/* One that was not initialised, or could not be, is zero or has no descriptor: that is fine. NULL
 * is fine, too. */
void topo_interface_watch_finish(struct topo_interface_watch *watch);

#endif
