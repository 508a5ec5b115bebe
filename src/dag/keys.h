/* keys.h - epoch secrets, and the wraps that bring them (docs/protocol.md §3, "wrap"). */
#ifndef TOPO_DAG_KEYS_H
#define TOPO_DAG_KEYS_H

#include "dag/state.h"

enum { TOPO_SECRET_SIZE = 32 };

/* Fills the keyring from the database. 0, TOPO_ECORRUPT, TOPO_ENOMEM, or a storage status. */
int topo_keys_load(struct topo_dag *dag);
/* Keeps the secret of an admitted epoch, which commits to it, and lines the epoch up in
 * lists.opened; nothing when it is held already. 0, TOPO_ENOMEM, or a storage status. */
int topo_keys_keep(struct topo_dag *dag, const struct topo_id *epoch,
                   const uint8_t secret[static TOPO_SECRET_SIZE]);
/* Looks for what an event that was just admitted brings: keys for us in a wrap, or wraps that came
 * before this epoch, or before this credential of ours. 0, TOPO_ENOMEM, or a storage status. */
int topo_keys_admitted(struct topo_dag *dag, const struct topo_act *act, const struct topo_id *id);
/* One entry of a wrap event: the key, for a credential with this seal key. 0 or TOPO_EINVAL (no
 * point that a key can be sealed to). */
int topo_keys_wrap(struct topo_dag *dag, const struct topo_epoch_key *key,
                   const struct topo_id *credential, const struct topo_id *seal_key,
                   uint8_t entry[static TOPO_WRAP_ENTRY_SIZE]);

#endif
