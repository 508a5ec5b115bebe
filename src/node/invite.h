/*
 * invite.h - an invite link as a text (docs/protocol.md §7):
 *
 *   topo://join/ base64url( u8 2 ‖ workspace ‖ secret ‖ invite
 *                           ‖ u8 n ‖ n × (device ‖ u8 m ‖ m × address) ‖ check )
 */
#ifndef TOPO_NODE_INVITE_H
#define TOPO_NODE_INVITE_H

#include "node/ports.h"

enum { TOPO_INVITE_DEVICES_MAX = 8 /* that a link names */ };

/* One who lets in, and where it is reached, best first. */
struct topo_invite_device {
  struct topo_id device; /* to be pinned */
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX];
  size_t n_addresses;
};

struct topo_invite_link {
  struct topo_id workspace, invite;
  uint8_t seed[32]; /* of the invite key; a secret: wipe after use */
  struct topo_invite_device devices[TOPO_INVITE_DEVICES_MAX];
  size_t n_devices; /* of a link that was read: at least one */
};

/* Appends the text. 0 or TOPO_ENOMEM. */
int topo_invite_format(const struct topo_invite_link *invite_link, struct topo_buf *out);
/* Reads a text; blanks in and around it, quotes or angle brackets that it stands in, and capitals
 * in its scheme are fine. 0; or, *out being empty then, TOPO_EINVAL (it does not begin as an invite
 * link), TOPO_EMALFORMED (it does, and what follows is not what was made: a letter is wrong or
 * missing), TOPO_ESCHEMA (an older version made it), TOPO_EVERSION (a newer version did). */
int topo_invite_parse(struct topo_invite_link *out, const char *text);
/* What to say to people of a text that was not read, by that status. */
const char *topo_invite_explain(int status);

#endif
