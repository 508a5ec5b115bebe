/*
 * space_item.h - a space as clients see it: the schema Space of openapi/openapi.yaml.
 */
#ifndef TOPO_DAEMON_SPACE_ITEM_H
#define TOPO_DAEMON_SPACE_ITEM_H

#include "api/json.h"
#include "dag/dag.h"
#include "events/profile/profile_read.h"
#include "node/ports.h"

enum { TOPO_SPACE_NAME = TOPO_NAME_MAX + 1 /* bytes of a name with its NUL */ };

/* What is known of a space without asking it. */
struct topo_space_item {
  struct topo_id space, workspace;  /* the device's key, which is the space's id */
  int status;                       /* 0, or why the space cannot be opened */
  bool member;                      /* its device has a valid credential */
  bool connected;                   /* to anybody */
  bool twice;                       /* a copy of the device runs elsewhere */
  enum topo_reached reached;        /* from where somebody has connected to it */
  bool refused;                     /* no member, and the inviter refuses the invite */
  struct topo_dag_progress rebuild; /* events are judged again; the name may be among them */
  char name[TOPO_SPACE_NAME], user_name[TOPO_SPACE_NAME]; /* empty: not known yet */
};

/* Is it a member whose workspace has a name? That is what those who join wait for. */
bool topo_space_item_ready(const struct topo_space_item *item);
void topo_space_item_write(struct topo_json *out, const struct topo_space_item *item);

#endif
