/* operations.gen.c - the operations of the daemon itself.
 * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */
#include "api/operations.gen.h"

#include <stddef.h>

static const struct topo_op_param params_getStatus[] = {
    {.name = NULL}};
const struct topo_op topo_op_row_getStatus = {
    .id = "getStatus",
    .method = "GET",
    .path = "/v1/status",
    .summary = "What the daemon is and where it listens",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_READ,
    .params = params_getStatus,
    .run = topo_op_getStatus,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_stopNode[] = {
    {.name = NULL}};
const struct topo_op topo_op_row_stopNode = {
    .id = "stopNode",
    .method = "POST",
    .path = "/v1/stop",
    .summary = "End the daemon",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_stopNode,
    .run = topo_op_stopNode,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_listLogs[] = {
    {.name = "limit", .location = TOPO_OP_QUERY, .kind = TOPO_OP_UINT, .required = false, .min = 1, .max = 1000},
    {.name = NULL}};
const struct topo_op topo_op_row_listLogs = {
    .id = "listLogs",
    .method = "GET",
    .path = "/v1/logs",
    .summary = "The latest lines of the daemon's log, oldest first",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_listLogs,
    .run = topo_op_listLogs,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_createCode[] = {
    {.name = NULL}};
const struct topo_op topo_op_row_createCode = {
    .id = "createCode",
    .method = "POST",
    .path = "/v1/codes",
    .summary = "Make a single-use code and the link with which a browser opens the page",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_createCode,
    .run = topo_op_createCode,
    .creates = true,
    .idempotent = false};

static const struct topo_op_param params_createSession[] = {
    {.name = "code", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 64},
    {.name = NULL}};
const struct topo_op topo_op_row_createSession = {
    .id = "createSession",
    .method = "POST",
    .path = "/v1/sessions",
    .summary = "Trade a code for a token",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_OPEN,
    .params = params_createSession,
    .run = topo_op_createSession,
    .creates = true,
    .idempotent = false};

static const struct topo_op_param params_listTokens[] = {
    {.name = NULL}};
const struct topo_op topo_op_row_listTokens = {
    .id = "listTokens",
    .method = "GET",
    .path = "/v1/tokens",
    .summary = "The tokens that are good now, without their secrets",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_listTokens,
    .run = topo_op_listTokens,
    .creates = false,
    .idempotent = false};

static const char *const texts_createToken_scope[] = {"read", "write", "admin", NULL};
static const struct topo_op_param params_createToken[] = {
    {.name = "name", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 64},
    {.name = "scope", .location = TOPO_OP_BODY, .kind = TOPO_OP_ENUM, .required = true, .texts = texts_createToken_scope},
    {.name = "space", .location = TOPO_OP_BODY, .kind = TOPO_OP_ID, .required = false},
    {.name = "expires_in_s", .location = TOPO_OP_BODY, .kind = TOPO_OP_UINT, .required = false, .min = 1, .max = 31536000},
    {.name = NULL}};
const struct topo_op topo_op_row_createToken = {
    .id = "createToken",
    .method = "POST",
    .path = "/v1/tokens",
    .summary = "Make a token",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_createToken,
    .run = topo_op_createToken,
    .creates = true,
    .idempotent = false};

static const struct topo_op_param params_revokeToken[] = {
    {.name = "token_id", .location = TOPO_OP_PATH, .kind = TOPO_OP_TEXT, .required = true, .min = 16, .max = 16},
    {.name = NULL}};
const struct topo_op topo_op_row_revokeToken = {
    .id = "revokeToken",
    .method = "DELETE",
    .path = "/v1/tokens/{token_id}",
    .summary = "End a token now",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_revokeToken,
    .run = topo_op_revokeToken,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_listSpaces[] = {
    {.name = NULL}};
const struct topo_op topo_op_row_listSpaces = {
    .id = "listSpaces",
    .method = "GET",
    .path = "/v1/spaces",
    .summary = "The spaces of this node",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_READ,
    .params = params_listSpaces,
    .run = topo_op_listSpaces,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_getSpace[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = NULL}};
const struct topo_op topo_op_row_getSpace = {
    .id = "getSpace",
    .method = "GET",
    .path = "/v1/spaces/{space}",
    .summary = "One space",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_READ,
    .params = params_getSpace,
    .run = topo_op_getSpace,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_createWorkspace[] = {
    {.name = "name", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 256},
    {.name = "user_name", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 256},
    {.name = NULL}};
const struct topo_op topo_op_row_createWorkspace = {
    .id = "createWorkspace",
    .method = "POST",
    .path = "/v1/workspaces",
    .summary = "Found a workspace",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_createWorkspace,
    .run = topo_op_createWorkspace,
    .creates = true,
    .idempotent = true};

static const struct topo_op_param params_joinWorkspace[] = {
    {.name = "link", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 4096},
    {.name = "user_name", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 256},
    {.name = "wait_ms", .location = TOPO_OP_BODY, .kind = TOPO_OP_UINT, .required = false, .min = 0, .max = 120000},
    {.name = NULL}};
const struct topo_op topo_op_row_joinWorkspace = {
    .id = "joinWorkspace",
    .method = "POST",
    .path = "/v1/joins",
    .summary = "Join a workspace by an invite link",
    .where = TOPO_OP_REGISTRY,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_joinWorkspace,
    .run = topo_op_joinWorkspace,
    .creates = true,
    .idempotent = true};

const struct topo_op *const topo_registry_operations[] = {
    &topo_op_row_getStatus,
    &topo_op_row_stopNode,
    &topo_op_row_listLogs,
    &topo_op_row_createCode,
    &topo_op_row_createSession,
    &topo_op_row_listTokens,
    &topo_op_row_createToken,
    &topo_op_row_revokeToken,
    &topo_op_row_listSpaces,
    &topo_op_row_getSpace,
    &topo_op_row_createWorkspace,
    &topo_op_row_joinWorkspace,
    NULL};
