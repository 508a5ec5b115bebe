/* status.c - the list of outcomes, spelt out. */
#include "base/status.h"

#include <errno.h>
#include <stddef.h>

struct outcome {
  int status, http;
  const char *name, *text;
};

#define ROW(symbol, value, name, http, text) {symbol, http, name, text},
static const struct outcome outcomes[] = {TOPO_STATUS_LIST(ROW)};
#undef ROW

/* Only a mistake of ours gives a number that is not in the list, so it is shown as an internal
 * error. */
static const struct outcome unknown = {TOPO_EINTERNAL, 500, "unknown", "Unknown status"};

static const struct outcome *find(int status)
{
  for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
    if (outcomes[i].status == status)
      return &outcomes[i];
  return &unknown;
}

const char *topo_status_name(int status)
{
  return find(status)->name;
}

const char *topo_status_text(int status)
{
  return find(status)->text;
}

int topo_status_http(int status)
{
  return find(status)->http;
}

int topo_status_of_errno(int error)
{
  switch (error) {
  case ENOMEM:
  case ENOBUFS: return TOPO_ENOMEM;
  case EINVAL:
  case EADDRNOTAVAIL:
  case EAFNOSUPPORT: return TOPO_EINVAL;
  case ENOENT: return TOPO_ENOTFOUND;
  case EMFILE:
  case ENFILE: return TOPO_ELIMIT;
  case EACCES:
  case EPERM:
  case EROFS: return TOPO_EDENIED;
  case ENOSPC:
  case EDQUOT: return TOPO_EDISKFULL;
  case EADDRINUSE: return TOPO_EADDRINUSE;
  default: return TOPO_EIO;
  }
}
