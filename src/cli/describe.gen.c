/* describe.gen.c - every operation of the API in words.
 * Written by openapi/generate.mjs from openapi/openapi.yaml; make generate writes it anew. */
#include "cli/describe.h"

#include <stddef.h>

const struct topo_cli_description topo_cli_descriptions[] = {
    {"getHealth", "GET", "/healthz",
     "The process runs",
     "getHealth: The process runs\n"
     "\n"
     "  GET /healthz\n"
     "  scope: open\n"
     "\n"
     "answer 200: It runs\n"
     "  {\"ok\":true}\n",
     "{\"id\":\"getHealth\",\"method\":\"GET\",\"path\":\"/healthz\",\"summary\":\"The process runs\",\"description\":\"\",\"scope\":\"open\",\"parameters\":[],\"body\":null,\"status\":200,\"answer\":{\"ok\":true}}"},
    {"getReadiness", "GET", "/readyz",
     "The node takes calls",
     "getReadiness: The node takes calls\n"
     "\n"
     "  GET /readyz\n"
     "  scope: open\n"
     "\n"
     "answer 200: It does; while it stops, a problem with status 503 comes instead\n"
     "  {\"ok\":true}\n",
     "{\"id\":\"getReadiness\",\"method\":\"GET\",\"path\":\"/readyz\",\"summary\":\"The node takes calls\",\"description\":\"\",\"scope\":\"open\",\"parameters\":[],\"body\":null,\"status\":200,\"answer\":{\"ok\":true}}"},
    {"getDescription", "GET", "/openapi.json",
     "This document as JSON",
     "getDescription: This document as JSON\n"
     "\n"
     "  GET /openapi.json\n"
     "  scope: open\n"
     "\n"
     "answer 200: The document\n"
     "  {}\n",
     "{\"id\":\"getDescription\",\"method\":\"GET\",\"path\":\"/openapi.json\",\"summary\":\"This document as JSON\",\"description\":\"\",\"scope\":\"open\",\"parameters\":[],\"body\":null,\"status\":200,\"answer\":{}}"},
    {"getStatus", "GET", "/v1/status",
     "What the daemon is and where it listens",
     "getStatus: What the daemon is and where it listens\n"
     "\n"
     "  GET /v1/status\n"
     "  scope: read\n"
     "\n"
     "answer 200: The daemon\n"
     "  {\"version\":\"0.1.0\",\"pid\":4711,\"data_dir\":\"/home/alice/.local/state/topo\",\"udp_address\":\"[::]:7443\",\"addresses\":[\"192.0.2.7:7443\",\"[2001:db8::7]:7443\"],\"reached\":\"outside\",\"detail\":\"\",\"http_address\":\"127.0.0.1:7444\",\"spaces\":1,\"started_at_ms\":1764100000000}\n",
     "{\"id\":\"getStatus\",\"method\":\"GET\",\"path\":\"/v1/status\",\"summary\":\"What the daemon is and where it listens\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[],\"body\":null,\"status\":200,\"answer\":{\"version\":\"0.1.0\",\"pid\":4711,\"data_dir\":\"/home/alice/.local/state/topo\",\"udp_address\":\"[::]:7443\",\"addresses\":[\"192.0.2.7:7443\",\"[2001:db8::7]:7443\"],\"reached\":\"outside\",\"detail\":\"\",\"http_address\":\"127.0.0.1:7444\",\"spaces\":1,\"started_at_ms\":1764100000000}}"},
    {"stopNode", "POST", "/v1/stop",
     "End the daemon",
     "stopNode: End the daemon\n"
     "\n"
     "  POST /v1/stop\n"
     "  scope: admin\n"
     "\n"
     "answer 200: It is stopping\n"
     "  {\"stopping\":true}\n",
     "{\"id\":\"stopNode\",\"method\":\"POST\",\"path\":\"/v1/stop\",\"summary\":\"End the daemon\",\"description\":\"\",\"scope\":\"admin\",\"parameters\":[],\"body\":null,\"status\":200,\"answer\":{\"stopping\":true}}"},
    {"listLogs", "GET", "/v1/logs",
     "The latest lines of the daemon's log, oldest first",
     "listLogs: The latest lines of the daemon's log, oldest first\n"
     "\n"
     "  GET /v1/logs\n"
     "  scope: admin\n"
     "\n"
     "parameters\n"
     "  limit: integer, 1 to 1000, in the query, optional\n"
     "      How many lines at most; 100 unless given\n"
     "\n"
     "answer 200: The lines\n"
     "  {\"items\":[{\"time_ms\":1764100000000,\"level\":\"info\",\"text\":\"topod is ready\"}]}\n",
     "{\"id\":\"listLogs\",\"method\":\"GET\",\"path\":\"/v1/logs\",\"summary\":\"The latest lines of the daemon's log, oldest first\",\"description\":\"\",\"scope\":\"admin\",\"parameters\":[{\"name\":\"limit\",\"in\":\"query\",\"kind\":\"integer\",\"required\":false,\"min\":1,\"max\":1000,\"description\":\"How many lines at most; 100 unless given\"}],\"body\":null,\"status\":200,\"answer\":{\"items\":[{\"time_ms\":1764100000000,\"level\":\"info\",\"text\":\"topod is ready\"}]}}"},
    {"createCode", "POST", "/v1/codes",
     "Make a single-use code and the link with which a browser opens the page",
     "createCode: Make a single-use code and the link with which a browser opens the page\n"
     "\n"
     "  POST /v1/codes\n"
     "  scope: admin\n"
     "\n"
     "Good once, for ten minutes. What `topo open` asks for. Codes are kept in\n"
     "memory only.\n"
     "\n"
     "answer 201: The code\n"
     "  {\"code\":\"3q2-7wAAAAAAAAAAAAAAAA\",\"url\":\"http://127.0.0.1:7444/#c=3q2-7wAAAAAAAAAAAAAAAA\",\"expires_at_ms\":1764100600000}\n",
     "{\"id\":\"createCode\",\"method\":\"POST\",\"path\":\"/v1/codes\",\"summary\":\"Make a single-use code and the link with which a browser opens the page\",\"description\":\"Good once, for ten minutes. What `topo open` asks for. Codes are kept in memory only.\",\"scope\":\"admin\",\"parameters\":[],\"body\":null,\"status\":201,\"answer\":{\"code\":\"3q2-7wAAAAAAAAAAAAAAAA\",\"url\":\"http://127.0.0.1:7444/#c=3q2-7wAAAAAAAAAAAAAAAA\",\"expires_at_ms\":1764100600000}}"},
    {"createSession", "POST", "/v1/sessions",
     "Trade a code for a token",
     "createSession: Trade a code for a token\n"
     "\n"
     "  POST /v1/sessions\n"
     "  scope: open\n"
     "\n"
     "parameters\n"
     "  code: text, 1 to 64 bytes, in the body, required\n"
     "      As the link carries it\n"
     "\n"
     "body, for example\n"
     "  {\"code\":\"3q2-7wAAAAAAAAAAAAAAAA\"}\n"
     "\n"
     "answer 201: A token of scope admin, good for 30 days\n"
     "  {\"token\":\"topo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\",\"scope\":\"admin\",\"expires_at_ms\":1766692000000}\n",
     "{\"id\":\"createSession\",\"method\":\"POST\",\"path\":\"/v1/sessions\",\"summary\":\"Trade a code for a token\",\"description\":\"\",\"scope\":\"open\",\"parameters\":[{\"name\":\"code\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":64,\"description\":\"As the link carries it\"}],\"body\":{\"code\":\"3q2-7wAAAAAAAAAAAAAAAA\"},\"status\":201,\"answer\":{\"token\":\"topo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\",\"scope\":\"admin\",\"expires_at_ms\":1766692000000}}"},
    {"listTokens", "GET", "/v1/tokens",
     "The tokens that are good now, without their secrets",
     "listTokens: The tokens that are good now, without their secrets\n"
     "\n"
     "  GET /v1/tokens\n"
     "  scope: admin\n"
     "\n"
     "answer 200: The tokens, oldest first\n"
     "  {\"items\":[{\"token_id\":\"Zm9vYmFyMTIzNDU2\",\"name\":\"bot\",\"scope\":\"write\",\"space\":null,\"created_at_ms\":1764100000000,\"expires_at_ms\":null}]}\n",
     "{\"id\":\"listTokens\",\"method\":\"GET\",\"path\":\"/v1/tokens\",\"summary\":\"The tokens that are good now, without their secrets\",\"description\":\"\",\"scope\":\"admin\",\"parameters\":[],\"body\":null,\"status\":200,\"answer\":{\"items\":[{\"token_id\":\"Zm9vYmFyMTIzNDU2\",\"name\":\"bot\",\"scope\":\"write\",\"space\":null,\"created_at_ms\":1764100000000,\"expires_at_ms\":null}]}}"},
    {"createToken", "POST", "/v1/tokens",
     "Make a token",
     "createToken: Make a token\n"
     "\n"
     "  POST /v1/tokens\n"
     "  scope: admin\n"
     "\n"
     "The answer is the only place where the token itself is ever shown.\n"
     "\n"
     "parameters\n"
     "  name: text, 1 to 64 bytes, in the body, required\n"
     "      For people\n"
     "  scope: one of read write admin, in the body, required\n"
     "      read reads, write also writes in spaces, admin also makes spaces and\n"
     "      tokens and stops the node\n"
     "  space: id, 43 characters of base64url, in the body, optional\n"
     "      The one space it is good for; any unless given\n"
     "  expires_in_s: integer, 1 to 31536000, in the body, optional\n"
     "      Never expires unless given\n"
     "\n"
     "body, for example\n"
     "  {\"name\":\"bot\",\"scope\":\"write\"}\n"
     "\n"
     "answer 201: The token\n"
     "  {\"token_id\":\"Zm9vYmFyMTIzNDU2\",\"name\":\"bot\",\"scope\":\"write\",\"space\":null,\"created_at_ms\":1764100000000,\"expires_at_ms\":null,\"token\":\"topo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}\n",
     "{\"id\":\"createToken\",\"method\":\"POST\",\"path\":\"/v1/tokens\",\"summary\":\"Make a token\",\"description\":\"The answer is the only place where the token itself is ever shown.\",\"scope\":\"admin\",\"parameters\":[{\"name\":\"name\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":64,\"description\":\"For people\"},{\"name\":\"scope\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"values\":[\"read\",\"write\",\"admin\"],\"description\":\"read reads, write also writes in spaces, admin also makes spaces and tokens and stops the node\"},{\"name\":\"space\",\"in\":\"body\",\"kind\":\"id\",\"required\":false,\"description\":\"The one space it is good for; any unless given\"},{\"name\":\"expires_in_s\",\"in\":\"body\",\"kind\":\"integer\",\"required\":false,\"min\":1,\"max\":31536000,\"description\":\"Never expires unless given\"}],\"body\":{\"name\":\"bot\",\"scope\":\"write\"},\"status\":201,\"answer\":{\"token_id\":\"Zm9vYmFyMTIzNDU2\",\"name\":\"bot\",\"scope\":\"write\",\"space\":null,\"created_at_ms\":1764100000000,\"expires_at_ms\":null,\"token\":\"topo_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}}"},
    {"revokeToken", "DELETE", "/v1/tokens/{token_id}",
     "End a token now",
     "revokeToken: End a token now\n"
     "\n"
     "  DELETE /v1/tokens/{token_id}\n"
     "  scope: admin\n"
     "\n"
     "parameters\n"
     "  token_id: text, 16 to 16 bytes, in the path, required\n"
     "      As listTokens names it\n"
     "\n"
     "answer 200: It is no longer good\n"
     "  {\"revoked\":true}\n",
     "{\"id\":\"revokeToken\",\"method\":\"DELETE\",\"path\":\"/v1/tokens/{token_id}\",\"summary\":\"End a token now\",\"description\":\"\",\"scope\":\"admin\",\"parameters\":[{\"name\":\"token_id\",\"in\":\"path\",\"kind\":\"text\",\"required\":true,\"min\":16,\"max\":16,\"description\":\"As listTokens names it\"}],\"body\":null,\"status\":200,\"answer\":{\"revoked\":true}}"},
    {"listSpaces", "GET", "/v1/spaces",
     "The spaces of this node",
     "listSpaces: The spaces of this node\n"
     "\n"
     "  GET /v1/spaces\n"
     "  scope: read\n"
     "\n"
     "answer 200: The spaces, oldest first\n"
     "  {\"items\":[{\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"5xqTzXy0cbLXc2fDyZLrzI3mVnIJHdeSfq3B4jvR1bE\",\"name\":\"Tea house\",\"user_name\":\"alice\",\"state\":\"ready\",\"detail\":\"\"}]}\n",
     "{\"id\":\"listSpaces\",\"method\":\"GET\",\"path\":\"/v1/spaces\",\"summary\":\"The spaces of this node\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[],\"body\":null,\"status\":200,\"answer\":{\"items\":[{\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"5xqTzXy0cbLXc2fDyZLrzI3mVnIJHdeSfq3B4jvR1bE\",\"name\":\"Tea house\",\"user_name\":\"alice\",\"state\":\"ready\",\"detail\":\"\"}]}}"},
    {"getSpace", "GET", "/v1/spaces/{space}",
     "One space",
     "getSpace: One space\n"
     "\n"
     "  GET /v1/spaces/{space}\n"
     "  scope: read\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "\n"
     "answer 200: The space\n"
     "  {\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"user_name\":\"text\",\"state\":\"joining\",\"detail\":\"text\"}\n",
     "{\"id\":\"getSpace\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}\",\"summary\":\"One space\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"}],\"body\":null,\"status\":200,\"answer\":{\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"user_name\":\"text\",\"state\":\"joining\",\"detail\":\"text\"}}"},
    {"createWorkspace", "POST", "/v1/workspaces",
     "Found a workspace",
     "createWorkspace: Found a workspace\n"
     "\n"
     "  POST /v1/workspaces\n"
     "  scope: admin\n"
     "\n"
     "parameters\n"
     "  name: text, 1 to 256 bytes, in the body, required\n"
     "  user_name: text, 1 to 256 bytes, in the body, required\n"
     "  Idempotency-Key: text, 1 to 128 bytes, like ^[!-~]+$, in a header, optional\n"
     "      Chosen by the client, unlike any other of the last day. The answer is\n"
     "      stored with the write, so a retry, also after a crash, is answered as\n"
     "      the first was and writes nothing. What answers for a space that was made\n"
     "      is that space, as it is by then. The same key with another request is\n"
     "      refused with `idempotency-mismatch`. A message keeps the key as\n"
     "      `idempotency_key`.\n"
     "\n"
     "body, for example\n"
     "  {\"name\":\"Tea house\",\"user_name\":\"alice\"}\n"
     "\n"
     "answer 201: The space in the new workspace\n"
     "  {\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"user_name\":\"text\",\"state\":\"joining\",\"detail\":\"text\"}\n",
     "{\"id\":\"createWorkspace\",\"method\":\"POST\",\"path\":\"/v1/workspaces\",\"summary\":\"Found a workspace\",\"description\":\"\",\"scope\":\"admin\",\"parameters\":[{\"name\":\"name\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":256,\"description\":\"\"},{\"name\":\"user_name\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":256,\"description\":\"\"},{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[!-~]+$\",\"description\":\"Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also\\nafter a crash, is answered as the first was and writes nothing. What answers for a space that was made is that\\nspace, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message\\nkeeps the key as `idempotency_key`.\"}],\"body\":{\"name\":\"Tea house\",\"user_name\":\"alice\"},\"status\":201,\"answer\":{\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"user_name\":\"text\",\"state\":\"joining\",\"detail\":\"text\"}}"},
    {"joinWorkspace", "POST", "/v1/joins",
     "Join a workspace by an invite link",
     "joinWorkspace: Join a workspace by an invite link\n"
     "\n"
     "  POST /v1/joins\n"
     "  scope: admin\n"
     "\n"
     "The space is there at once, in state `joining`, and becomes `ready` when a\n"
     "member that may admit was reached, over restarts of the node if need be. A\n"
     "link of a workspace that the node has a space of makes no second one: that\n"
     "space learns from the link where the others are, connects, and is the answer,\n"
     "with status 200. While it is still joining, it goes on with this link;\n"
     "`user_name` is not looked at.\n"
     "\n"
     "parameters\n"
     "  link: text, 1 to 4096 bytes, in the body, required\n"
     "      topo://join/…\n"
     "  user_name: text, 1 to 256 bytes, in the body, required\n"
     "  wait_ms: integer, 0 to 120000, in the body, optional\n"
     "      How long the answer may wait for the state `ready`; not at all unless\n"
     "      given\n"
     "  Idempotency-Key: text, 1 to 128 bytes, like ^[!-~]+$, in a header, optional\n"
     "      Chosen by the client, unlike any other of the last day. The answer is\n"
     "      stored with the write, so a retry, also after a crash, is answered as\n"
     "      the first was and writes nothing. What answers for a space that was made\n"
     "      is that space, as it is by then. The same key with another request is\n"
     "      refused with `idempotency-mismatch`. A message keeps the key as\n"
     "      `idempotency_key`.\n"
     "\n"
     "body, for example\n"
     "  {\"link\":\"topo://join/AAEC\",\"user_name\":\"bob\",\"wait_ms\":10000}\n"
     "\n"
     "answer 201: The space\n"
     "  {\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"user_name\":\"text\",\"state\":\"joining\",\"detail\":\"text\"}\n",
     "{\"id\":\"joinWorkspace\",\"method\":\"POST\",\"path\":\"/v1/joins\",\"summary\":\"Join a workspace by an invite link\",\"description\":\"The space is there at once, in state `joining`, and becomes `ready` when a member that may admit was reached,\\nover restarts of the node if need be.\\n\\nA link of a workspace that the node has a space of makes no second one: that space learns from the link where\\nthe others are, connects, and is the answer, with status 200. While it is still joining, it goes on with this\\nlink; `user_name` is not looked at.\",\"scope\":\"admin\",\"parameters\":[{\"name\":\"link\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":4096,\"description\":\"topo://join/…\"},{\"name\":\"user_name\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":256,\"description\":\"\"},{\"name\":\"wait_ms\",\"in\":\"body\",\"kind\":\"integer\",\"required\":false,\"min\":0,\"max\":120000,\"description\":\"How long the answer may wait for the state `ready`; not at all unless given\"},{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[!-~]+$\",\"description\":\"Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also\\nafter a crash, is answered as the first was and writes nothing. What answers for a space that was made is that\\nspace, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message\\nkeeps the key as `idempotency_key`.\"}],\"body\":{\"link\":\"topo://join/AAEC\",\"user_name\":\"bob\",\"wait_ms\":10000},\"status\":201,\"answer\":{\"space\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"workspace\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"user_name\":\"text\",\"state\":\"joining\",\"detail\":\"text\"}}"},
    {"createInvite", "POST", "/v1/spaces/{space}/invites",
     "Make a link that lets one more person in",
     "createInvite: Make a link that lets one more person in\n"
     "\n"
     "  POST /v1/spaces/{space}/invites\n"
     "  scope: write\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  role: one of owner admin moderator member guest, in the body, optional\n"
     "  expires_in_s: integer, 60 to 31536000, in the body, optional\n"
     "      A week unless given\n"
     "  Idempotency-Key: text, 1 to 128 bytes, like ^[!-~]+$, in a header, optional\n"
     "      Chosen by the client, unlike any other of the last day. The answer is\n"
     "      stored with the write, so a retry, also after a crash, is answered as\n"
     "      the first was and writes nothing. What answers for a space that was made\n"
     "      is that space, as it is by then. The same key with another request is\n"
     "      refused with `idempotency-mismatch`. A message keeps the key as\n"
     "      `idempotency_key`.\n"
     "\n"
     "body, for example\n"
     "  {\"role\":\"member\",\"expires_in_s\":86400}\n"
     "\n"
     "answer 201: The invite; the link is a secret\n"
     "  {\"invite\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"link\":\"text\",\"addresses\":[\"[2001:db8::7]:7443\"],\"role\":\"owner\",\"expires_at_ms\":1764100000000}\n",
     "{\"id\":\"createInvite\",\"method\":\"POST\",\"path\":\"/v1/spaces/{space}/invites\",\"summary\":\"Make a link that lets one more person in\",\"description\":\"\",\"scope\":\"write\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"role\",\"in\":\"body\",\"kind\":\"text\",\"required\":false,\"values\":[\"owner\",\"admin\",\"moderator\",\"member\",\"guest\"],\"description\":\"\"},{\"name\":\"expires_in_s\",\"in\":\"body\",\"kind\":\"integer\",\"required\":false,\"min\":60,\"max\":31536000,\"description\":\"A week unless given\"},{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[!-~]+$\",\"description\":\"Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also\\nafter a crash, is answered as the first was and writes nothing. What answers for a space that was made is that\\nspace, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message\\nkeeps the key as `idempotency_key`.\"}],\"body\":{\"role\":\"member\",\"expires_in_s\":86400},\"status\":201,\"answer\":{\"invite\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"link\":\"text\",\"addresses\":[\"[2001:db8::7]:7443\"],\"role\":\"owner\",\"expires_at_ms\":1764100000000}}"},
    {"listMembers", "GET", "/v1/spaces/{space}/members",
     "Who belongs to the workspace, by role, with their devices",
     "listMembers: Who belongs to the workspace, by role, with their devices\n"
     "\n"
     "  GET /v1/spaces/{space}/members\n"
     "  scope: read\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  If-None-Match: text, 0 to 256 bytes, in a header, optional\n"
     "      The ETag of an earlier answer; 304 when nothing has changed since\n"
     "\n"
     "answer 200: The members\n"
     "  {\"items\":[{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"role\":\"owner\",\"is_me\":false,\"devices\":[{\"device\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"is_me\":false,\"recovery\":false}]}]}\n",
     "{\"id\":\"listMembers\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}/members\",\"summary\":\"Who belongs to the workspace, by role, with their devices\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"If-None-Match\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":0,\"max\":256,\"description\":\"The ETag of an earlier answer; 304 when nothing has changed since\"}],\"body\":null,\"status\":200,\"answer\":{\"items\":[{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"role\":\"owner\",\"is_me\":false,\"devices\":[{\"device\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"is_me\":false,\"recovery\":false}]}]}}"},
    {"setName", "POST", "/v1/spaces/{space}/names",
     "Give oneself, or the workspace, another name",
     "setName: Give oneself, or the workspace, another name\n"
     "\n"
     "  POST /v1/spaces/{space}/names\n"
     "  scope: write\n"
     "\n"
     "Owners and admins name the workspace. Who is told of it sees the new name\n"
     "everywhere, on old messages too.\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  of: one of user workspace, in the body, required\n"
     "      Whose name it is\n"
     "  name: text, 1 to 256 bytes, in the body, required\n"
     "  Idempotency-Key: text, 1 to 128 bytes, like ^[!-~]+$, in a header, optional\n"
     "      Chosen by the client, unlike any other of the last day. The answer is\n"
     "      stored with the write, so a retry, also after a crash, is answered as\n"
     "      the first was and writes nothing. What answers for a space that was made\n"
     "      is that space, as it is by then. The same key with another request is\n"
     "      refused with `idempotency-mismatch`. A message keeps the key as\n"
     "      `idempotency_key`.\n"
     "\n"
     "body, for example\n"
     "  {\"of\":\"user\",\"name\":\"alice\"}\n"
     "\n"
     "answer 201: The name as it is now\n"
     "  {\"of\":\"user\",\"name\":\"text\"}\n",
     "{\"id\":\"setName\",\"method\":\"POST\",\"path\":\"/v1/spaces/{space}/names\",\"summary\":\"Give oneself, or the workspace, another name\",\"description\":\"Owners and admins name the workspace. Who is told of it sees the new name everywhere, on old messages too.\",\"scope\":\"write\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"of\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"values\":[\"user\",\"workspace\"],\"description\":\"Whose name it is\"},{\"name\":\"name\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":256,\"description\":\"\"},{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[!-~]+$\",\"description\":\"Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also\\nafter a crash, is answered as the first was and writes nothing. What answers for a space that was made is that\\nspace, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message\\nkeeps the key as `idempotency_key`.\"}],\"body\":{\"of\":\"user\",\"name\":\"alice\"},\"status\":201,\"answer\":{\"of\":\"user\",\"name\":\"text\"}}"},
    {"listChannels", "GET", "/v1/spaces/{space}/channels",
     "The channels, oldest first",
     "listChannels: The channels, oldest first\n"
     "\n"
     "  GET /v1/spaces/{space}/channels\n"
     "  scope: read\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  If-None-Match: text, 0 to 256 bytes, in a header, optional\n"
     "      The ETag of an earlier answer; 304 when nothing has changed since\n"
     "\n"
     "answer 200: The channels\n"
     "  {\"items\":[{\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"created_at_ms\":1764100000000,\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"}}]}\n",
     "{\"id\":\"listChannels\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}/channels\",\"summary\":\"The channels, oldest first\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"If-None-Match\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":0,\"max\":256,\"description\":\"The ETag of an earlier answer; 304 when nothing has changed since\"}],\"body\":null,\"status\":200,\"answer\":{\"items\":[{\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"created_at_ms\":1764100000000,\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"}}]}}"},
    {"createChannel", "POST", "/v1/spaces/{space}/channels",
     "Create a public channel",
     "createChannel: Create a public channel\n"
     "\n"
     "  POST /v1/spaces/{space}/channels\n"
     "  scope: write\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  name: text, 1 to 256 bytes, in the body, required\n"
     "  Idempotency-Key: text, 1 to 128 bytes, like ^[!-~]+$, in a header, optional\n"
     "      Chosen by the client, unlike any other of the last day. The answer is\n"
     "      stored with the write, so a retry, also after a crash, is answered as\n"
     "      the first was and writes nothing. What answers for a space that was made\n"
     "      is that space, as it is by then. The same key with another request is\n"
     "      refused with `idempotency-mismatch`. A message keeps the key as\n"
     "      `idempotency_key`.\n"
     "\n"
     "body, for example\n"
     "  {\"name\":\"kettles\"}\n"
     "\n"
     "answer 201: The channel\n"
     "  {\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"created_at_ms\":1764100000000,\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"}}\n",
     "{\"id\":\"createChannel\",\"method\":\"POST\",\"path\":\"/v1/spaces/{space}/channels\",\"summary\":\"Create a public channel\",\"description\":\"\",\"scope\":\"write\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"name\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":256,\"description\":\"\"},{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[!-~]+$\",\"description\":\"Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also\\nafter a crash, is answered as the first was and writes nothing. What answers for a space that was made is that\\nspace, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message\\nkeeps the key as `idempotency_key`.\"}],\"body\":{\"name\":\"kettles\"},\"status\":201,\"answer\":{\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\",\"created_at_ms\":1764100000000,\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"}}}"},
    {"listMessages", "GET", "/v1/spaces/{space}/channels/{channel}/messages",
     "A page of messages in ascending order",
     "listMessages: A page of messages in ascending order\n"
     "\n"
     "  GET /v1/spaces/{space}/channels/{channel}/messages\n"
     "  scope: read\n"
     "\n"
     "The newest unless `before` or `after` is given; not both. Cursors stay good\n"
     "while late messages arrive.\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  channel: id, 43 characters of base64url, in the path, required\n"
     "      A channel of the space\n"
     "  before: text, 1 to 256 bytes, in the query, optional\n"
     "      Messages before this place; `before` of a page\n"
     "  after: text, 1 to 256 bytes, in the query, optional\n"
     "      Messages after this place; `after` of a page\n"
     "  limit: integer, 1 to 200, in the query, optional\n"
     "      How many at most; 50 unless given\n"
     "  If-None-Match: text, 0 to 256 bytes, in a header, optional\n"
     "      The ETag of an earlier answer; 304 when nothing has changed since\n"
     "\n"
     "answer 200: The page\n"
     "  {\"items\":[{\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"},\"text\":\"text\",\"sent_at_ms\":1764100000000,\"place\":\"text\",\"reactions\":[{\"emoji\":\"text\",\"count\":1,\"mine\":false,\"users\":[\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\"]}],\"idempotency_key\":\"text\"}],\"before\":\"text\",\"after\":\"text\"}\n",
     "{\"id\":\"listMessages\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}/channels/{channel}/messages\",\"summary\":\"A page of messages in ascending order\",\"description\":\"The newest unless `before` or `after` is given; not both. Cursors stay good while late messages arrive.\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"channel\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A channel of the space\"},{\"name\":\"before\",\"in\":\"query\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":256,\"description\":\"Messages before this place; `before` of a page\"},{\"name\":\"after\",\"in\":\"query\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":256,\"description\":\"Messages after this place; `after` of a page\"},{\"name\":\"limit\",\"in\":\"query\",\"kind\":\"integer\",\"required\":false,\"min\":1,\"max\":200,\"description\":\"How many at most; 50 unless given\"},{\"name\":\"If-None-Match\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":0,\"max\":256,\"description\":\"The ETag of an earlier answer; 304 when nothing has changed since\"}],\"body\":null,\"status\":200,\"answer\":{\"items\":[{\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"},\"text\":\"text\",\"sent_at_ms\":1764100000000,\"place\":\"text\",\"reactions\":[{\"emoji\":\"text\",\"count\":1,\"mine\":false,\"users\":[\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\"]}],\"idempotency_key\":\"text\"}],\"before\":\"text\",\"after\":\"text\"}}"},
    {"sendMessage", "POST", "/v1/spaces/{space}/channels/{channel}/messages",
     "Send a message; the answer comes when it is on disk",
     "sendMessage: Send a message; the answer comes when it is on disk\n"
     "\n"
     "  POST /v1/spaces/{space}/channels/{channel}/messages\n"
     "  scope: write\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  channel: id, 43 characters of base64url, in the path, required\n"
     "      A channel of the space\n"
     "  text: text, 1 to 32768 bytes, in the body, required\n"
     "  Idempotency-Key: text, 1 to 128 bytes, like ^[!-~]+$, in a header, optional\n"
     "      Chosen by the client, unlike any other of the last day. The answer is\n"
     "      stored with the write, so a retry, also after a crash, is answered as\n"
     "      the first was and writes nothing. What answers for a space that was made\n"
     "      is that space, as it is by then. The same key with another request is\n"
     "      refused with `idempotency-mismatch`. A message keeps the key as\n"
     "      `idempotency_key`.\n"
     "\n"
     "body, for example\n"
     "  {\"text\":\"Is the kettle on\?\"}\n"
     "\n"
     "answer 201: The message as it now reads\n"
     "  {\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"},\"text\":\"text\",\"sent_at_ms\":1764100000000,\"place\":\"text\",\"reactions\":[{\"emoji\":\"text\",\"count\":1,\"mine\":false,\"users\":[\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\"]}],\"idempotency_key\":\"text\"}\n",
     "{\"id\":\"sendMessage\",\"method\":\"POST\",\"path\":\"/v1/spaces/{space}/channels/{channel}/messages\",\"summary\":\"Send a message; the answer comes when it is on disk\",\"description\":\"\",\"scope\":\"write\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"channel\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A channel of the space\"},{\"name\":\"text\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":32768,\"description\":\"\"},{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[!-~]+$\",\"description\":\"Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also\\nafter a crash, is answered as the first was and writes nothing. What answers for a space that was made is that\\nspace, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message\\nkeeps the key as `idempotency_key`.\"}],\"body\":{\"text\":\"Is the kettle on\?\"},\"status\":201,\"answer\":{\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"},\"text\":\"text\",\"sent_at_ms\":1764100000000,\"place\":\"text\",\"reactions\":[{\"emoji\":\"text\",\"count\":1,\"mine\":false,\"users\":[\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\"]}],\"idempotency_key\":\"text\"}}"},
    {"getMessage", "GET", "/v1/spaces/{space}/messages/{message}",
     "One message",
     "getMessage: One message\n"
     "\n"
     "  GET /v1/spaces/{space}/messages/{message}\n"
     "  scope: read\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  message: id, 43 characters of base64url, in the path, required\n"
     "      A message of the space\n"
     "  If-None-Match: text, 0 to 256 bytes, in a header, optional\n"
     "      The ETag of an earlier answer; 304 when nothing has changed since\n"
     "\n"
     "answer 200: The message\n"
     "  {\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"},\"text\":\"text\",\"sent_at_ms\":1764100000000,\"place\":\"text\",\"reactions\":[{\"emoji\":\"text\",\"count\":1,\"mine\":false,\"users\":[\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\"]}],\"idempotency_key\":\"text\"}\n",
     "{\"id\":\"getMessage\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}/messages/{message}\",\"summary\":\"One message\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"message\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A message of the space\"},{\"name\":\"If-None-Match\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":0,\"max\":256,\"description\":\"The ETag of an earlier answer; 304 when nothing has changed since\"}],\"body\":null,\"status\":200,\"answer\":{\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"channel\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"author\":{\"user\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"name\":\"text\"},\"text\":\"text\",\"sent_at_ms\":1764100000000,\"place\":\"text\",\"reactions\":[{\"emoji\":\"text\",\"count\":1,\"mine\":false,\"users\":[\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\"]}],\"idempotency_key\":\"text\"}}"},
    {"addReaction", "POST", "/v1/spaces/{space}/messages/{message}/reactions",
     "React to a message",
     "addReaction: React to a message\n"
     "\n"
     "  POST /v1/spaces/{space}/messages/{message}/reactions\n"
     "  scope: write\n"
     "\n"
     "The same emoji by the same user counts once, however often it is added.\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  message: id, 43 characters of base64url, in the path, required\n"
     "      A message of the space\n"
     "  emoji: text, 1 to 64 bytes, in the body, required\n"
     "  Idempotency-Key: text, 1 to 128 bytes, like ^[!-~]+$, in a header, optional\n"
     "      Chosen by the client, unlike any other of the last day. The answer is\n"
     "      stored with the write, so a retry, also after a crash, is answered as\n"
     "      the first was and writes nothing. What answers for a space that was made\n"
     "      is that space, as it is by then. The same key with another request is\n"
     "      refused with `idempotency-mismatch`. A message keeps the key as\n"
     "      `idempotency_key`.\n"
     "\n"
     "body, for example\n"
     "  {\"emoji\":\"🫖\"}\n"
     "\n"
     "answer 201: The reaction\n"
     "  {\"reaction\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"emoji\":\"text\"}\n",
     "{\"id\":\"addReaction\",\"method\":\"POST\",\"path\":\"/v1/spaces/{space}/messages/{message}/reactions\",\"summary\":\"React to a message\",\"description\":\"The same emoji by the same user counts once, however often it is added.\",\"scope\":\"write\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"message\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A message of the space\"},{\"name\":\"emoji\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":64,\"description\":\"\"},{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[!-~]+$\",\"description\":\"Chosen by the client, unlike any other of the last day. The answer is stored with the write, so a retry, also\\nafter a crash, is answered as the first was and writes nothing. What answers for a space that was made is that\\nspace, as it is by then. The same key with another request is refused with `idempotency-mismatch`. A message\\nkeeps the key as `idempotency_key`.\"}],\"body\":{\"emoji\":\"🫖\"},\"status\":201,\"answer\":{\"reaction\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"message\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"emoji\":\"text\"}}"},
    {"listPeers", "GET", "/v1/spaces/{space}/peers",
     "The other devices, and how they are reached",
     "listPeers: The other devices, and how they are reached\n"
     "\n"
     "  GET /v1/spaces/{space}/peers\n"
     "  scope: read\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "\n"
     "answer 200: The peers\n"
     "  {\"items\":[{\"device\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"user_name\":\"text\",\"connected\":false,\"synced\":false,\"direction\":\"\",\"address\":\"text\",\"given\":[\"[2001:db8::7]:7443\"],\"last_error\":\"text\"}],\"search\":{\"address\":\"[2001:db8::7]:7443\",\"left\":0,\"device\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"last_error\":\"text\"}}\n",
     "{\"id\":\"listPeers\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}/peers\",\"summary\":\"The other devices, and how they are reached\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"}],\"body\":null,\"status\":200,\"answer\":{\"items\":[{\"device\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"user_name\":\"text\",\"connected\":false,\"synced\":false,\"direction\":\"\",\"address\":\"text\",\"given\":[\"[2001:db8::7]:7443\"],\"last_error\":\"text\"}],\"search\":{\"address\":\"[2001:db8::7]:7443\",\"left\":0,\"device\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"last_error\":\"text\"}}}"},
    {"addPeerAddress", "POST", "/v1/spaces/{space}/peers/addresses",
     "Say where another device is reached, and dial it there at once",
     "addPeerAddress: Say where another device is reached, and dial it there at once\n"
     "\n"
     "  POST /v1/spaces/{space}/peers/addresses\n"
     "  scope: admin\n"
     "\n"
     "For an address that nobody can tell the node: in a VPN, or of a forwarded\n"
     "port. It is kept until it is removed, over restarts and whatever the device\n"
     "says of itself: at most four for a device. Without `device` each device that\n"
     "is not connected is asked for there, a few at a time and once; the one that\n"
     "answers keeps the address, and listPeers says in `search` what became of it.\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  address: text, 1 to 64 bytes, in the body, required\n"
     "      An IP address and a UDP port in numbers: `192.0.2.7:7443` or\n"
     "      `[2001:db8::7]:7443`. Names are not looked up.\n"
     "  device: id, 43 characters of base64url, in the body, optional\n"
     "      Whose it is\n"
     "\n"
     "body, for example\n"
     "  {\"address\":\"192.0.2.7:7443\"}\n"
     "\n"
     "answer 200: It is being dialled\n"
     "  {\"dialling\":1}\n",
     "{\"id\":\"addPeerAddress\",\"method\":\"POST\",\"path\":\"/v1/spaces/{space}/peers/addresses\",\"summary\":\"Say where another device is reached, and dial it there at once\",\"description\":\"For an address that nobody can tell the node: in a VPN, or of a forwarded port. It is kept until it is removed,\\nover restarts and whatever the device says of itself: at most four for a device. Without `device` each device\\nthat is not connected is asked for there, a few at a time and once; the one that answers keeps the address, and\\nlistPeers says in `search` what became of it.\",\"scope\":\"admin\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"address\",\"in\":\"body\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":64,\"description\":\"An IP address and a UDP port in numbers: `192.0.2.7:7443` or `[2001:db8::7]:7443`. Names are not looked up.\"},{\"name\":\"device\",\"in\":\"body\",\"kind\":\"id\",\"required\":false,\"description\":\"Whose it is\"}],\"body\":{\"address\":\"192.0.2.7:7443\"},\"status\":200,\"answer\":{\"dialling\":1}}"},
    {"removePeerAddress", "DELETE", "/v1/spaces/{space}/peers/addresses/{address}",
     "Take back an address that was given by hand",
     "removePeerAddress: Take back an address that was given by hand\n"
     "\n"
     "  DELETE /v1/spaces/{space}/peers/addresses/{address}\n"
     "  scope: admin\n"
     "\n"
     "Whoever is connected there stays connected.\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  address: text, 1 to 64 bytes, in the path, required\n"
     "      As `given` of listPeers has it\n"
     "\n"
     "answer 200: It is no longer kept\n"
     "  {\"address\":\"192.0.2.7:7443\"}\n",
     "{\"id\":\"removePeerAddress\",\"method\":\"DELETE\",\"path\":\"/v1/spaces/{space}/peers/addresses/{address}\",\"summary\":\"Take back an address that was given by hand\",\"description\":\"Whoever is connected there stays connected.\",\"scope\":\"admin\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"address\",\"in\":\"path\",\"kind\":\"text\",\"required\":true,\"min\":1,\"max\":64,\"description\":\"As `given` of listPeers has it\"}],\"body\":null,\"status\":200,\"answer\":{\"address\":\"192.0.2.7:7443\"}}"},
    {"dialPeers", "POST", "/v1/spaces/{space}/peers/dial",
     "Dial at once whoever is not connected",
     "dialPeers: Dial at once whoever is not connected\n"
     "\n"
     "  POST /v1/spaces/{space}/peers/dial\n"
     "  scope: write\n"
     "\n"
     "Whatever failed before. At most 16 devices, chosen by chance when there are\n"
     "more, are dialled although enough others are connected. What becomes of it is\n"
     "in `connected` and `last_error` of listPeers.\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "  device: id, 43 characters of base64url, in the body, optional\n"
     "      This one only\n"
     "\n"
     "body, for example\n"
     "  {}\n"
     "\n"
     "answer 200: So many devices are being dialled\n"
     "  {\"dialling\":3}\n",
     "{\"id\":\"dialPeers\",\"method\":\"POST\",\"path\":\"/v1/spaces/{space}/peers/dial\",\"summary\":\"Dial at once whoever is not connected\",\"description\":\"Whatever failed before. At most 16 devices, chosen by chance when there are more, are dialled although enough\\nothers are connected. What becomes of it is in `connected` and `last_error` of listPeers.\",\"scope\":\"write\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"},{\"name\":\"device\",\"in\":\"body\",\"kind\":\"id\",\"required\":false,\"description\":\"This one only\"}],\"body\":{},\"status\":200,\"answer\":{\"dialling\":3}}"},
    {"getSync", "GET", "/v1/spaces/{space}/sync",
     "How far the space is in step with others",
     "getSync: How far the space is in step with others\n"
     "\n"
     "  GET /v1/spaces/{space}/sync\n"
     "  scope: read\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "\n"
     "answer 200: The state of sync\n"
     "  {\"state\":\"synced\",\"events\":0,\"held\":0,\"wanted\":0,\"rejected\":0,\"peers\":0,\"detail\":\"text\",\"rebuild\":{\"done\":0,\"total\":0}}\n",
     "{\"id\":\"getSync\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}/sync\",\"summary\":\"How far the space is in step with others\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"}],\"body\":null,\"status\":200,\"answer\":{\"state\":\"synced\",\"events\":0,\"held\":0,\"wanted\":0,\"rejected\":0,\"peers\":0,\"detail\":\"text\",\"rebuild\":{\"done\":0,\"total\":0}}}"},
    {"getFingerprint", "GET", "/v1/spaces/{space}/fingerprint",
     "A hash over everything shown, and the number of events it follows from",
     "getFingerprint: A hash over everything shown, and the number of events it follows from\n"
     "\n"
     "  GET /v1/spaces/{space}/fingerprint\n"
     "  scope: read\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the path, required\n"
     "      A space of this node, named by its device\n"
     "\n"
     "answer 200: Equal on two nodes that hold the same events\n"
     "  {\"fingerprint\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"events\":0}\n",
     "{\"id\":\"getFingerprint\",\"method\":\"GET\",\"path\":\"/v1/spaces/{space}/fingerprint\",\"summary\":\"A hash over everything shown, and the number of events it follows from\",\"description\":\"\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"path\",\"kind\":\"id\",\"required\":true,\"description\":\"A space of this node, named by its device\"}],\"body\":null,\"status\":200,\"answer\":{\"fingerprint\":\"qEX2k1iW1FG8yTtyYcvKPWxP1jnlfBpnT9AZ1t9Ld9E\",\"events\":0}}"},
    {"streamEvents", "GET", "/v1/events",
     "The events of one space as server-sent events",
     "streamEvents: The events of one space as server-sent events\n"
     "\n"
     "  GET /v1/events\n"
     "  scope: read\n"
     "\n"
     "Begins with `ready` (or with `reset`), then come the events after `since` and\n"
     "then those that happen. An event's `id` is its cursor, its `event` the type,\n"
     "its `data` an Event. `Last-Event-ID` counts before `since`. A client that\n"
     "takes the `Topo-Cursor` of its first read and then streams from there misses\n"
     "nothing and sees nothing twice.\n"
     "\n"
     "parameters\n"
     "  space: id, 43 characters of base64url, in the query, required\n"
     "      Whose events\n"
     "  since: text, 1 to 64 bytes, in the query, optional\n"
     "      A cursor; from now on unless given\n"
     "  channel: id, 43 characters of base64url, in the query, optional\n"
     "      Of messages only those in this channel\n"
     "  types: text, 1 to 128 bytes, like ^[a-z]+(,[a-z]+)*$, in the query, optional\n"
     "      Only these types, separated by commas\n"
     "  Last-Event-ID: text, 1 to 64 bytes, in a header, optional\n"
     "      What a reconnecting EventSource sends\n"
     "\n"
     "answer 200: The stream\n",
     "{\"id\":\"streamEvents\",\"method\":\"GET\",\"path\":\"/v1/events\",\"summary\":\"The events of one space as server-sent events\",\"description\":\"Begins with `ready` (or with `reset`), then come the events after `since` and then those that happen. An\\nevent's `id` is its cursor, its `event` the type, its `data` an Event. `Last-Event-ID` counts before `since`.\\nA client that takes the `Topo-Cursor` of its first read and then streams from there misses nothing and\\nsees nothing twice.\",\"scope\":\"read\",\"parameters\":[{\"name\":\"space\",\"in\":\"query\",\"kind\":\"id\",\"required\":true,\"description\":\"Whose events\"},{\"name\":\"since\",\"in\":\"query\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":64,\"description\":\"A cursor; from now on unless given\"},{\"name\":\"channel\",\"in\":\"query\",\"kind\":\"id\",\"required\":false,\"description\":\"Of messages only those in this channel\"},{\"name\":\"types\",\"in\":\"query\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":128,\"pattern\":\"^[a-z]+(,[a-z]+)*$\",\"description\":\"Only these types, separated by commas\"},{\"name\":\"Last-Event-ID\",\"in\":\"header\",\"kind\":\"text\",\"required\":false,\"min\":1,\"max\":64,\"description\":\"What a reconnecting EventSource sends\"}],\"body\":null,\"status\":200,\"answer\":null}"},
    {"openEventSocket", "GET", "/v1/events/ws",
     "The events of one or several spaces over a WebSocket",
     "openEventSocket: The events of one or several spaces over a WebSocket\n"
     "\n"
     "  GET /v1/events/ws\n"
     "  scope: read\n"
     "\n"
     "The first message of the client is an EventHello, within ten seconds; over TCP\n"
     "it carries the token. Every message of the server is an EventBatch. Later\n"
     "messages of the client are EventHellos without a token, which add\n"
     "subscriptions or replace one to the same space. The socket is closed with 4400\n"
     "(a message is not what it should be), 4401 (no good token), 4404 (no such\n"
     "space), 4408 (no hello in time), 4429 (too many messages), or 1001 (the node\n"
     "stops); before it, a batch with one `problem` event says why.\n"
     "\n"
     "answer 101: The socket is open\n",
     "{\"id\":\"openEventSocket\",\"method\":\"GET\",\"path\":\"/v1/events/ws\",\"summary\":\"The events of one or several spaces over a WebSocket\",\"description\":\"The first message of the client is an EventHello, within ten seconds; over TCP it carries the token. Every message\\nof the server is an EventBatch. Later messages of the client are EventHellos without a token, which add\\nsubscriptions or replace one to the same space. The socket is closed with 4400 (a message is not what it should\\nbe), 4401 (no good token), 4404 (no such space), 4408 (no hello in time), 4429 (too many messages), or 1001 (the\\nnode stops); before it, a batch with one `problem` event says why.\",\"scope\":\"read\",\"parameters\":[],\"body\":null,\"status\":101,\"answer\":null}"},
    {NULL, NULL, NULL, NULL, NULL, NULL}};
