/* close.c - close codes to statuses and back. */
#include "port/close.h"

#define TO_STATUS(symbol, code, status)                                                            \
  case symbol: return status;

enum topo_close topo_close_code(int status)
{
  switch (status) {
  case TOPO_OK: return TOPO_CLOSE_SHUTDOWN;
  case TOPO_ECLOSED: return TOPO_CLOSE_AWAY;
  case TOPO_EUNTRUSTED: return TOPO_CLOSE_UNTRUSTED;
  case TOPO_EPROTOCOL: return TOPO_CLOSE_PROTOCOL;
  case TOPO_EMALFORMED: return TOPO_CLOSE_MALFORMED;
  case TOPO_EWORKSPACE: return TOPO_CLOSE_WORKSPACE;
  case TOPO_EVERSION: return TOPO_CLOSE_VERSION;
  case TOPO_EEXISTS: return TOPO_CLOSE_DUPLICATE;
  case TOPO_ELIMIT:
  case TOPO_EQUOTA: return TOPO_CLOSE_OVERLOADED;
  default: return TOPO_CLOSE_INTERNAL;
  }
}

int topo_close_status(uint64_t code)
{
  switch (code) {
    TOPO_CLOSE_LIST(TO_STATUS)
  default: return TOPO_ECLOSED;
  }
}
