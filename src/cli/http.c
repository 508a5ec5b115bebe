/* http.c - the handle, and what is said by it, made sense of. */
#include "cli/http.h"

#include "api/json_check.h"

#include <stdio.h>

enum { URL_SIZE = 2048, CONNECT_TIMEOUT_MS = 5000 };

CURL *topo_cli_http(const struct topo_cli *cli, const char *method, const char *path)
{
  char url[URL_SIZE];
  if ((size_t)snprintf(url, sizeof url, "http://topo%s", path) >= sizeof url)
    return NULL;
  CURL *curl = curl_easy_init();
  if (!curl)
    return NULL;
  if (curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
      curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, cli->socket_path) != CURLE_OK ||
      curl_easy_setopt(curl, CURLOPT_PROXY, "") != CURLE_OK ||
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK) {
    curl_easy_cleanup(curl);
    return NULL;
  }
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
  return curl;
}

int topo_cli_http_exit(long http)
{
  switch (http) {
  case 401:
  case 403: return TOPO_CLI_DENIED;
  case 404: return TOPO_CLI_NOT_FOUND;
  case 504: return TOPO_CLI_TIMEOUT;
  default: return http >= 200 && http < 300 ? TOPO_CLI_OK : TOPO_CLI_FAILURE;
  }
}

cJSON *topo_cli_http_tree(const void *text, size_t len)
{
  const char *why;
  size_t at;
  if (topo_json_check(text, len, &why, &at) < 0)
    return NULL;
  return cJSON_ParseWithLength(text, len);
}
