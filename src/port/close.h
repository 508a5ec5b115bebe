/*
 * close.h - the codes with which a connection ends (docs/protocol.md §6.5).
 */
#ifndef TOPO_PORT_CLOSE_H
#define TOPO_PORT_CLOSE_H

#include "base/status.h"

#include <stdint.h>

/* X(symbol, code, status that the other side reports) */
#define TOPO_CLOSE_LIST(X)                                                                         \
  X(TOPO_CLOSE_SHUTDOWN, 0, TOPO_ECLOSED)                                                          \
  X(TOPO_CLOSE_AWAY, 1, TOPO_ECLOSED)                                                              \
  X(TOPO_CLOSE_UNTRUSTED, 2, TOPO_EUNTRUSTED)                                                      \
  X(TOPO_CLOSE_PROTOCOL, 3, TOPO_EPROTOCOL)                                                        \
  X(TOPO_CLOSE_MALFORMED, 4, TOPO_EMALFORMED)                                                      \
  X(TOPO_CLOSE_WORKSPACE, 5, TOPO_EWORKSPACE)                                                      \
  X(TOPO_CLOSE_VERSION, 6, TOPO_EVERSION)                                                          \
  X(TOPO_CLOSE_DUPLICATE, 7, TOPO_EEXISTS)                                                         \
  X(TOPO_CLOSE_OVERLOADED, 8, TOPO_ELIMIT)                                                         \
  X(TOPO_CLOSE_INTERNAL, 9, TOPO_EINTERNAL)                                                        \
  X(TOPO_CLOSE_INVITE_DONE, 10, TOPO_OK)

#define TOPO_CLOSE_ENUM(symbol, code, status) symbol = code,
enum topo_close { TOPO_CLOSE_LIST(TOPO_CLOSE_ENUM) };
#undef TOPO_CLOSE_ENUM

/* The code to close with for a status of our own; TOPO_CLOSE_INTERNAL when none fits. */
enum topo_close topo_close_code(int status);
/* What a close code from the peer means here; TOPO_ECLOSED for an unknown one. */
int topo_close_status(uint64_t code);

#endif
