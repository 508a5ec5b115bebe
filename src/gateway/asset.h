/*
 * asset.h - a file of the page, embedded in the program: made by the build (web/), served as it is.
 */
#ifndef TOPO_GATEWAY_ASSET_H
#define TOPO_GATEWAY_ASSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct topo_asset {
  const char *path; /* "/", "/assets/app-4Q7XK2.js", "/openapi.json" */
  const char *type; /* of media */
  const uint8_t *data;
  size_t len;
  const char *etag; /* with its quotes; of the bytes */
  bool gzip;        /* `data` is compressed; whoever does not accept that gets 406 */
  bool immutable;   /* the path names the bytes: it may be kept for ever */
  const char *csp;  /* the Content-Security-Policy it runs under; NULL: what its type asks for */
};

/* What the build embedded; ends with a NULL path. Empty under --disable-web. */
extern const struct topo_asset topo_web_assets[];

#endif
