/*
 * http.h - libcurl over the daemon's Unix socket: what one answer and a stream of events share.
 */
#ifndef TOPO_CLI_HTTP_H
#define TOPO_CLI_HTTP_H

#include "cli/cli.h"

#include <curl/curl.h>

/* A handle that asks for `path` on the daemon's socket, without a time limit but that of the
 * connection. The caller frees it with curl_easy_cleanup. NULL: the path is too long, or memory is
 * exhausted. */
CURL *topo_cli_http(const struct topo_cli *cli, const char *method, const char *path);
/* The exit code for a status of HTTP. */
int topo_cli_http_exit(long http);
/* The tree of a JSON text, strictly checked, because what peers wrote is in it. NULL: it is none.
 * The caller frees it with cJSON_Delete. */
cJSON *topo_cli_http_tree(const void *text, size_t len);

#endif
