/*
 * status.h - every outcome a function of Topo can have, in one list.
 *
 * Functions return 0 on success or a negative enum topo_status. Codes of foreign libraries are
 * translated where the library is called and never travel further. The list gives each code its
 * stable name (used in logs, JSON problems and close codes), an English sentence and the HTTP
 * status that the gateway answers with.
 */
#ifndef TOPO_BASE_STATUS_H
#define TOPO_BASE_STATUS_H

/* X(symbol, value, name, HTTP status, text) */
#define TOPO_STATUS_LIST(X)                                                                        \
  X(TOPO_OK, 0, "ok", 200, "Success")                                                              \
  X(TOPO_ENOMEM, -1, "out-of-memory", 503, "Memory is exhausted")                                  \
  X(TOPO_EINVAL, -2, "invalid-argument", 400, "An argument is not of the form asked for")          \
  X(TOPO_ENOTFOUND, -3, "not-found", 404, "There is no such thing here")                           \
  X(TOPO_EEXISTS, -4, "already-exists", 409, "It exists already")                                  \
  X(TOPO_ELIMIT, -5, "limit-exceeded", 413, "A limit was exceeded")                                \
  X(TOPO_EAGAIN, -6, "try-again", 503, "Not now: try again")                                       \
  X(TOPO_EDENIED, -7, "denied", 403, "Not allowed")                                                \
  X(TOPO_EINTERNAL, -8, "internal", 500, "Something that cannot happen happened")                  \
  X(TOPO_EUNAUTHENTICATED, -9, "unauthenticated", 401, "A good token is needed")                   \
  X(TOPO_EMISMATCH, -10, "idempotency-mismatch", 422, "The key was used for another request")      \
  X(TOPO_ERATE, -11, "rate-limited", 429, "Too many requests")                                     \
  X(TOPO_EREBUILDING, -12, "rebuilding", 503, "Events are judged again after an upgrade")          \
  /* bytes from peers: a function of the bytes alone */                                            \
  X(TOPO_EMALFORMED, -20, "malformed", 400, "The bytes are not well formed")                       \
  X(TOPO_ELOCALTYPE, -21, "local-type", 400, "An event type that never travels")                   \
  X(TOPO_ESIGNATURE, -22, "bad-signature", 400, "The signature does not verify")                   \
  X(TOPO_EWORKSPACE, -23, "other-workspace", 400, "It belongs to another workspace")               \
  X(TOPO_EUNSEAL, -24, "cannot-unseal", 400, "The sealed bytes do not open under their key")       \
  X(TOPO_ENOKEY, -25, "waiting-for-key", 409, "The key for this is not here yet")                  \
  X(TOPO_EVERSION, -26, "upgrade-needed", 426, "A newer version wrote this")                       \
  X(TOPO_EPROTOCOL, -27, "protocol-violation", 400, "The peer broke the protocol")                 \
  X(TOPO_EQUOTA, -28, "quota", 429, "The quota for things held unverified is used up")             \
  /* storage */                                                                                    \
  X(TOPO_EIO, -40, "io", 500, "Reading or writing the disk failed")                                \
  X(TOPO_EDISKFULL, -41, "disk-full", 507, "The disk is full")                                     \
  X(TOPO_ECORRUPT, -42, "corrupt", 500, "The database file is damaged; it was left untouched")     \
  X(TOPO_ESCHEMA, -43, "other-release", 500, "Another release of Topo wrote this database file")   \
  X(TOPO_ELOCKED, -44, "locked", 409, "Another daemon uses this data directory")                   \
  /* peers and the network */                                                                      \
  X(TOPO_ECLOSED, -60, "closed", 503, "The connection is closed")                                  \
  X(TOPO_EUNREACHABLE, -61, "unreachable", 503, "Nobody answered yet: someone must be online")     \
  X(TOPO_EUNTRUSTED, -62, "untrusted", 403, "The peer's key is not one the workspace trusts")      \
  X(TOPO_EADDRINUSE, -63, "address-in-use", 409, "The address is in use by another program")       \
  X(TOPO_ETIMEOUT, -64, "timeout", 504, "It took too long")

#define TOPO_STATUS_ENUM(symbol, value, name, http, text) symbol = value,
enum topo_status { TOPO_STATUS_LIST(TOPO_STATUS_ENUM) };
#undef TOPO_STATUS_ENUM

/* The stable name of a status ("not-found"); "unknown" for a number that is not in the list. */
const char *topo_status_name(int status);
/* One English sentence without a full stop. Never NULL. */
const char *topo_status_text(int status);
/* The HTTP status; 500 for a number that is not in the list. */
int topo_status_http(int status);

/* Returns the status for an errno of the system; TOPO_EIO for one that has no status of its own.
 * Never returns 0. A caller for whom an errno means something else handles it before asking
 * here. */
int topo_status_of_errno(int error);

#endif
