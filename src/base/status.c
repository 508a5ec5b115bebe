/* status.c - the three columns of the list in status.h. */
#include "base/status.h"

#define CASE_NAME(symbol, value, name, http, text)                                                 \
  case symbol: return name;
#define CASE_TEXT(symbol, value, name, http, text)                                                 \
  case symbol: return text;
#define CASE_HTTP(symbol, value, name, http, text)                                                 \
  case symbol: return http;

const char *topo_status_name(int status)
{
  switch (status) {
    TOPO_STATUS_LIST(CASE_NAME)
  default: return "unknown";
  }
}

const char *topo_status_text(int status)
{
  switch (status) {
    TOPO_STATUS_LIST(CASE_TEXT)
  default: return "Unknown status";
  }
}

int topo_status_http(int status)
{
  switch (status) {
    TOPO_STATUS_LIST(CASE_HTTP)
  default: return 500;
  }
}
