/*
 * joiner.h - the joining side of an invite (docs/protocol.md §6.1, §7): what the invite link said
 * is kept until this device has a credential, and the user's name until there is a key to seal it
 * with.
 */
#ifndef TOPO_NODE_JOINER_H
#define TOPO_NODE_JOINER_H

#include "node/invite.h"
#include "node/outcome.h"

enum topo_joiner_state {
  TOPO_JOINER_UNREAD,  /* the space's file has not been read */
  TOPO_JOINER_JOINING, /* there is an invite and no credential yet */
  TOPO_JOINER_REFUSED, /* the same, and the inviter has refused the invite's key and the device's */
  TOPO_JOINER_JOINED   /* or it made its workspace itself */
};

struct topo_joiner {
  struct topo_env *env;
  struct topo_transaction *transaction;
  struct topo_outcome *outcome;
  enum topo_joiner_state state;
  uint8_t invite_seed[32];      /* JOINING and REFUSED only; zeros otherwise */
  struct topo_id invite_device; /* the inviter, as long as the seed is kept */
  bool try_device;              /* the next dial shows the device's key and not the invite's */
  uint8_t refusals[2];          /* of the device's key and of the invite's, since it was welcome */
  uint64_t refused_ms;          /* REFUSED: since when */
  bool profile_due;             /* the user's name has not been told yet */
};

void topo_joiner_init(struct topo_joiner *joiner, struct topo_transaction *t,
                      struct topo_outcome *outcome);
/* Keeps what the invite link says, and the user's name, in the caller's transaction. 0 or a
 * status. */
int topo_joiner_save(struct topo_env *env, const struct topo_invite_link *invite_link,
                     const char *name);
/* While joining: goes on with this invite in place of the one it has, as if none had been tried.
 * The transaction must be open; on failure it is lost. 0 or a storage status. */
int topo_joiner_renew(struct topo_joiner *joiner, const struct topo_invite_link *invite_link);
/* Reads from the file how far joining is. 0 or a status. */
int topo_joiner_load(struct topo_joiner *joiner);
/* Wipes what was read; harmless when nothing was. */
void topo_joiner_unload(struct topo_joiner *joiner);

bool topo_joiner_is_joining(const struct topo_joiner *joiner); /* JOINING or REFUSED */
bool topo_joiner_is_refused(const struct topo_joiner *joiner);
/* True when the inviter refused both keys so often, and for so long, that the invite must be used
 * or expired, and no news on its way to the inviter will change that soon. */
bool topo_joiner_seems_final(const struct topo_joiner *joiner);
/* True when the next dial to the inviter is to show the invite's key. */
bool topo_joiner_shows_invite(const struct topo_joiner *joiner);
/* A dial that showed the invite's key, or the device's, failed, or what came of it ended in vain.
 * TOPO_EUNTRUSTED: the key was refused, and after the invite's the next dial shows the device's. */
void topo_joiner_dial_failed(struct topo_joiner *joiner, bool with_invite, int status);
/* OFFER came: fills in JOIN. 0, or TOPO_EPROTOCOL when nobody is joining. */
int topo_joiner_answer(const struct topo_joiner *joiner, const struct topo_id *invite,
                       uint16_t slot, const struct topo_id *auth, struct topo_session_join *join);
/* WELCOME came, or the inviter greeted our device as a member: its key is known there. */
void topo_joiner_welcomed(struct topo_joiner *joiner);
/* Ends joining when a credential is here, and tells the user's name when it can be sealed. */
void topo_joiner_progress(struct topo_joiner *joiner);

#endif
