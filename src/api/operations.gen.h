/* operations.gen.h - the operations: their handlers, rows and tables.
 * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */
#ifndef TOPO_API_OPERATIONS_GEN_H
#define TOPO_API_OPERATIONS_GEN_H

#include "api/op.h"

/* Handlers: struct topo_op, run. One that is missing is an error of the linker. What only makes an event needs
 * none of its own: all of it has the one of node/author.h. */
int topo_op_getStatus(struct topo_op_call *call, void *ctx);
int topo_op_stopNode(struct topo_op_call *call, void *ctx);
int topo_op_listLogs(struct topo_op_call *call, void *ctx);
int topo_op_createCode(struct topo_op_call *call, void *ctx);
int topo_op_createSession(struct topo_op_call *call, void *ctx);
int topo_op_listTokens(struct topo_op_call *call, void *ctx);
int topo_op_createToken(struct topo_op_call *call, void *ctx);
int topo_op_revokeToken(struct topo_op_call *call, void *ctx);
int topo_op_listSpaces(struct topo_op_call *call, void *ctx);
int topo_op_getSpace(struct topo_op_call *call, void *ctx);
int topo_op_createWorkspace(struct topo_op_call *call, void *ctx);
int topo_op_joinWorkspace(struct topo_op_call *call, void *ctx);
int topo_op_createInvite(struct topo_op_call *call, void *ctx);
int topo_op_listMembers(struct topo_op_call *call, void *ctx);
int topo_op_listChannels(struct topo_op_call *call, void *ctx);
int topo_op_listMessages(struct topo_op_call *call, void *ctx);
int topo_op_getMessage(struct topo_op_call *call, void *ctx);
int topo_op_listPeers(struct topo_op_call *call, void *ctx);
int topo_op_addPeerAddress(struct topo_op_call *call, void *ctx);
int topo_op_removePeerAddress(struct topo_op_call *call, void *ctx);
int topo_op_dialPeers(struct topo_op_call *call, void *ctx);
int topo_op_getSync(struct topo_op_call *call, void *ctx);
int topo_op_getFingerprint(struct topo_op_call *call, void *ctx);

extern const struct topo_op topo_op_row_getStatus;
extern const struct topo_op topo_op_row_stopNode;
extern const struct topo_op topo_op_row_listLogs;
extern const struct topo_op topo_op_row_createCode;
extern const struct topo_op topo_op_row_createSession;
extern const struct topo_op topo_op_row_listTokens;
extern const struct topo_op topo_op_row_createToken;
extern const struct topo_op topo_op_row_revokeToken;
extern const struct topo_op topo_op_row_listSpaces;
extern const struct topo_op topo_op_row_getSpace;
extern const struct topo_op topo_op_row_createWorkspace;
extern const struct topo_op topo_op_row_joinWorkspace;
extern const struct topo_op topo_op_row_createInvite;
extern const struct topo_op topo_op_row_listMembers;
extern const struct topo_op topo_op_row_setName;
extern const struct topo_op topo_op_row_listChannels;
extern const struct topo_op topo_op_row_createChannel;
extern const struct topo_op topo_op_row_listMessages;
extern const struct topo_op topo_op_row_sendMessage;
extern const struct topo_op topo_op_row_getMessage;
extern const struct topo_op topo_op_row_addReaction;
extern const struct topo_op topo_op_row_listPeers;
extern const struct topo_op topo_op_row_addPeerAddress;
extern const struct topo_op topo_op_row_removePeerAddress;
extern const struct topo_op topo_op_row_dialPeers;
extern const struct topo_op topo_op_row_getSync;
extern const struct topo_op topo_op_row_getFingerprint;

/* Of the daemon (TOPO_OP_REGISTRY), and of one space (TOPO_OP_READ, TOPO_OP_SPACE). Both end with NULL. */
extern const struct topo_op *const topo_registry_operations[];
extern const struct topo_op *const topo_space_operations[];

#endif
