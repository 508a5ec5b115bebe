/*
 * oracle_internal.h - what the files of the oracle share.
 */
#ifndef TOPO_TESTS_MODEL_ORACLE_INTERNAL_H
#define TOPO_TESTS_MODEL_ORACLE_INTERNAL_H

#include "model/oracle.h"

enum { ORACLE_KIND_CONTROL = 1, ORACLE_KIND_CONTENT = 2, ORACLE_CONTEXT_SIZE = 65 };
enum { ORACLE_AUTHORITY_MAX = 0x000f };

/* u8(1) ‖ workspace ‖ scope, both names being the workspace's id (zero for genesis). */
void oracle_context(uint8_t out[static ORACLE_CONTEXT_SIZE], const struct topo_id *workspace);

/* Reads framing and header of e->bytes and sets the id; a control body is decoded, too. */
void oracle_decode(struct oracle_event *e, const struct topo_id *workspace);
/* Decodes e->payload by e->type; sets e->readable and e->body. */
void oracle_decode_body(struct oracle_event *e);
/* Opens content with the epoch's secret; sets opened or broken. */
void oracle_open(struct oracle_event *e, const struct topo_id *workspace,
                 const uint8_t secret[static 32]);

/* Whether `sig` is by `key` over the parts (at most 7). */
bool oracle_signed(struct oracle_memo *memo, struct topo_bytes sig, const struct topo_id *key,
                   const struct topo_bytes *parts, size_t n);
bool oracle_own_signature(struct oracle_memo *memo, const struct oracle_event *e,
                          const struct topo_id *workspace);
bool oracle_countersigned(struct oracle_memo *memo, const struct oracle_event *e,
                          const struct topo_id *workspace, const struct topo_id *user);
bool oracle_proved(struct oracle_memo *memo, const struct oracle_event *e,
                   const struct topo_id *workspace, const struct topo_id *invite_key,
                   const struct topo_id *user);

/* user = H("topo/1 user" ‖ workspace ‖ device). */
struct topo_id oracle_root_user(const struct topo_id *workspace, const struct topo_id *device);

/* Decides ADMIT where it can be decided now; true when it changed something. */
bool oracle_admit(struct oracle_result *result, struct oracle_event *e, struct oracle_memo *memo);
/* Decides whether what an epoch or a wrap lists is right, where it can be decided now; true when it
 * changed something. */
bool oracle_number(const struct oracle_result *result, struct oracle_event *e);
struct topo_id oracle_id_at(const uint8_t *list, size_t i);

#endif
