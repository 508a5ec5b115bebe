/*
 * invite.h - an invite link as a text (docs/protocol.md §7):
 *
 *   topo://join/ base64url( u8 1 ‖ workspace ‖ device ‖ seed ‖ invite ‖ u8 n ‖ n × address )
 */
#ifndef TOPO_NODE_INVITE_H
#define TOPO_NODE_INVITE_H

#include "node/ports.h"

struct topo_invite_link {
  struct topo_id workspace, device, invite; /* device: of the inviter, to be pinned */
  uint8_t seed[32];                         /* of the invite key; a secret: wipe after use */
  struct topo_address addresses[TOPO_NODE_ADDRESSES_MAX];
  size_t n_addresses;
};

/* Appends the text. 0 or TOPO_ENOMEM. */
int topo_invite_format(const struct topo_invite_link *invite_link, struct topo_buf *out);
/* Reads a text. 0; TOPO_EVERSION (a newer version made it), TOPO_EINVAL (it is no invite link):
 * *out is empty then. */
int topo_invite_parse(struct topo_invite_link *out, const char *text);

#endif
