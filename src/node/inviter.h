/*
 * inviter.h - the inviting side (docs/protocol.md §6.1, §7): what an invite link says, what an
 * invitee is offered, and its admission.
 */
#ifndef TOPO_NODE_INVITER_H
#define TOPO_NODE_INVITER_H

#include "node/conns.h"
#include "node/outcome.h"

struct topo_inviter {
  struct topo_env *env;
  struct topo_transaction *transaction;
  struct topo_outcome *outcome;
  struct topo_buf welcomes; /* admissions of this step, and the connections that wait for them */
};

void topo_inviter_init(struct topo_inviter *inviter, struct topo_outcome *outcome);
void topo_inviter_finish(struct topo_inviter *inviter);

/* Appends the text of the link to an invite with that seed. 0 or TOPO_ENOMEM. */
int topo_inviter_format(const struct topo_inviter *inviter, const struct topo_id *invite,
                        const uint8_t seed[static 32], struct topo_buf *out);
/* Fills in the OFFER for who shows `invite_key`. 0, or TOPO_EUNTRUSTED when that invite is not open
 * (any more). */
int topo_inviter_offer(const struct topo_inviter *inviter, const struct topo_id *invite_key,
                       struct topo_id *invite, uint16_t *slot, struct topo_id *auth);
/* JOIN came by an invitee's connection: admits the device, and notes that the connection is to hear
 * WELCOME. 0, TOPO_EUNTRUSTED (the invite is not open, or JOIN is for another one), TOPO_EPROTOCOL
 * (a signature of it is wrong, or nothing can be sealed to its key), or a storage status. */
int topo_inviter_admit(struct topo_inviter *inviter, const struct topo_node_conn *conn,
                       const struct topo_session_join *join);
/* The admissions are durable: sends WELCOME. */
void topo_inviter_welcome(struct topo_inviter *inviter, const struct topo_conns *conns);
/* The admissions are lost with their transaction. */
void topo_inviter_forget(struct topo_inviter *inviter);

#endif
