/* operations.gen.c - the operations of one space.
 * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */
#include "api/operations.gen.h"
#include "events/types.h"
#include "node/author.h"

#include <stddef.h>

static const char *const texts_createInvite_role[] = {"owner", "admin", "moderator", "member", "guest", NULL};
static const struct topo_op_param params_createInvite[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "role", .location = TOPO_OP_BODY, .kind = TOPO_OP_ENUM, .required = false, .texts = texts_createInvite_role},
    {.name = "expires_in_s", .location = TOPO_OP_BODY, .kind = TOPO_OP_UINT, .required = false, .min = 60, .max = 31536000},
    {.name = NULL}};
const struct topo_op topo_op_row_createInvite = {
    .id = "createInvite",
    .method = "POST",
    .path = "/v1/spaces/{space}/invites",
    .summary = "Make a link that lets one more person in",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_WRITE,
    .params = params_createInvite,
    .run = topo_op_createInvite,
    .creates = true,
    .idempotent = true};

static const struct topo_op_param params_listMembers[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = NULL}};
const struct topo_op topo_op_row_listMembers = {
    .id = "listMembers",
    .method = "GET",
    .path = "/v1/spaces/{space}/members",
    .summary = "Who belongs to the workspace, by role, with their devices",
    .where = TOPO_OP_READ,
    .scope = TOPO_SCOPE_READ,
    .params = params_listMembers,
    .run = topo_op_listMembers,
    .creates = false,
    .idempotent = false};

static const char *const texts_setName_of[] = {"user", "workspace", NULL};
static const struct topo_op_param params_setName[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "of", .location = TOPO_OP_BODY, .kind = TOPO_OP_ENUM, .required = true, .texts = texts_setName_of},
    {.name = "name", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 256},
    {.name = NULL}};
const struct topo_op topo_op_row_setName = {
    .id = "setName",
    .method = "POST",
    .path = "/v1/spaces/{space}/names",
    .summary = "Give oneself, or the workspace, another name",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_WRITE,
    .params = params_setName,
    .run = topo_op_author,
    .creates = true,
    .idempotent = true,
    .authors = &topo_type_profile};

static const struct topo_op_param params_listChannels[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = NULL}};
const struct topo_op topo_op_row_listChannels = {
    .id = "listChannels",
    .method = "GET",
    .path = "/v1/spaces/{space}/channels",
    .summary = "The channels, oldest first",
    .where = TOPO_OP_READ,
    .scope = TOPO_SCOPE_READ,
    .params = params_listChannels,
    .run = topo_op_listChannels,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_createChannel[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "name", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 256},
    {.name = NULL}};
const struct topo_op topo_op_row_createChannel = {
    .id = "createChannel",
    .method = "POST",
    .path = "/v1/spaces/{space}/channels",
    .summary = "Create a public channel",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_WRITE,
    .params = params_createChannel,
    .run = topo_op_author,
    .creates = true,
    .idempotent = true,
    .authors = &topo_type_channel};

static const struct topo_op_param params_listMessages[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "channel", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "before", .location = TOPO_OP_QUERY, .kind = TOPO_OP_TEXT, .required = false, .min = 1, .max = 256},
    {.name = "after", .location = TOPO_OP_QUERY, .kind = TOPO_OP_TEXT, .required = false, .min = 1, .max = 256},
    {.name = "limit", .location = TOPO_OP_QUERY, .kind = TOPO_OP_UINT, .required = false, .min = 1, .max = 200},
    {.name = NULL}};
const struct topo_op topo_op_row_listMessages = {
    .id = "listMessages",
    .method = "GET",
    .path = "/v1/spaces/{space}/channels/{channel}/messages",
    .summary = "A page of messages in ascending order",
    .where = TOPO_OP_READ,
    .scope = TOPO_SCOPE_READ,
    .params = params_listMessages,
    .run = topo_op_listMessages,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_sendMessage[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "channel", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "text", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 32768},
    {.name = NULL}};
const struct topo_op topo_op_row_sendMessage = {
    .id = "sendMessage",
    .method = "POST",
    .path = "/v1/spaces/{space}/channels/{channel}/messages",
    .summary = "Send a message; the answer comes when it is on disk",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_WRITE,
    .params = params_sendMessage,
    .run = topo_op_author,
    .creates = true,
    .idempotent = true,
    .authors = &topo_type_message};

static const struct topo_op_param params_getMessage[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "message", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = NULL}};
const struct topo_op topo_op_row_getMessage = {
    .id = "getMessage",
    .method = "GET",
    .path = "/v1/spaces/{space}/messages/{message}",
    .summary = "One message",
    .where = TOPO_OP_READ,
    .scope = TOPO_SCOPE_READ,
    .params = params_getMessage,
    .run = topo_op_getMessage,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_addReaction[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "message", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "emoji", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 64},
    {.name = NULL}};
const struct topo_op topo_op_row_addReaction = {
    .id = "addReaction",
    .method = "POST",
    .path = "/v1/spaces/{space}/messages/{message}/reactions",
    .summary = "React to a message",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_WRITE,
    .params = params_addReaction,
    .run = topo_op_author,
    .creates = true,
    .idempotent = true,
    .authors = &topo_type_reaction};

static const struct topo_op_param params_listPeers[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = NULL}};
const struct topo_op topo_op_row_listPeers = {
    .id = "listPeers",
    .method = "GET",
    .path = "/v1/spaces/{space}/peers",
    .summary = "The other devices, and how they are reached",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_READ,
    .params = params_listPeers,
    .run = topo_op_listPeers,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_addPeerAddress[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "address", .location = TOPO_OP_BODY, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 64},
    {.name = "device", .location = TOPO_OP_BODY, .kind = TOPO_OP_ID, .required = false},
    {.name = NULL}};
const struct topo_op topo_op_row_addPeerAddress = {
    .id = "addPeerAddress",
    .method = "POST",
    .path = "/v1/spaces/{space}/peers/addresses",
    .summary = "Say where another device is reached, and dial it there at once",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_addPeerAddress,
    .run = topo_op_addPeerAddress,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_removePeerAddress[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "address", .location = TOPO_OP_PATH, .kind = TOPO_OP_TEXT, .required = true, .min = 1, .max = 64},
    {.name = NULL}};
const struct topo_op topo_op_row_removePeerAddress = {
    .id = "removePeerAddress",
    .method = "DELETE",
    .path = "/v1/spaces/{space}/peers/addresses/{address}",
    .summary = "Take back an address that was given by hand",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_ADMIN,
    .params = params_removePeerAddress,
    .run = topo_op_removePeerAddress,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_dialPeers[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = "device", .location = TOPO_OP_BODY, .kind = TOPO_OP_ID, .required = false},
    {.name = NULL}};
const struct topo_op topo_op_row_dialPeers = {
    .id = "dialPeers",
    .method = "POST",
    .path = "/v1/spaces/{space}/peers/dial",
    .summary = "Dial at once whoever is not connected",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_WRITE,
    .params = params_dialPeers,
    .run = topo_op_dialPeers,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_getSync[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = NULL}};
const struct topo_op topo_op_row_getSync = {
    .id = "getSync",
    .method = "GET",
    .path = "/v1/spaces/{space}/sync",
    .summary = "How far the space is in step with others",
    .where = TOPO_OP_SPACE,
    .scope = TOPO_SCOPE_READ,
    .params = params_getSync,
    .run = topo_op_getSync,
    .creates = false,
    .idempotent = false};

static const struct topo_op_param params_getFingerprint[] = {
    {.name = "space", .location = TOPO_OP_PATH, .kind = TOPO_OP_ID, .required = true},
    {.name = NULL}};
const struct topo_op topo_op_row_getFingerprint = {
    .id = "getFingerprint",
    .method = "GET",
    .path = "/v1/spaces/{space}/fingerprint",
    .summary = "A hash over everything shown, and the number of events it follows from",
    .where = TOPO_OP_READ,
    .scope = TOPO_SCOPE_READ,
    .params = params_getFingerprint,
    .run = topo_op_getFingerprint,
    .creates = false,
    .idempotent = false};

const struct topo_op *const topo_space_operations[] = {
    &topo_op_row_createInvite,
    &topo_op_row_listMembers,
    &topo_op_row_setName,
    &topo_op_row_listChannels,
    &topo_op_row_createChannel,
    &topo_op_row_listMessages,
    &topo_op_row_sendMessage,
    &topo_op_row_getMessage,
    &topo_op_row_addReaction,
    &topo_op_row_listPeers,
    &topo_op_row_addPeerAddress,
    &topo_op_row_removePeerAddress,
    &topo_op_row_dialPeers,
    &topo_op_row_getSync,
    &topo_op_row_getFingerprint,
    NULL};
