/* secure.c - what browsers are told about every answer. */
#include "gateway/secure.h"

#include <stdio.h>

const struct topo_header_line topo_secure_headers[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Referrer-Policy", "no-referrer"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"X-Frame-Options", "DENY"},
    {"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    {NULL, NULL},
};

const char topo_secure_page[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "font-src 'self'; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'";

const char topo_secure_data[] = "default-src 'none'; frame-ancestors 'none'";

/* The only statuses the front listener answers with by itself. */
static const char *reason(int http)
{
  switch (http) {
  case 400: return "Bad Request";
  case 403: return "Forbidden";
  case 405: return "Method Not Allowed";
  case 408: return "Request Timeout";
  case 413: return "Content Too Large";
  case 421: return "Misdirected Request";
  case 426: return "Upgrade Required";
  case 429: return "Too Many Requests";
  case 431: return "Request Header Fields Too Large";
  case 503: return "Service Unavailable";
  default: return "Refused";
  }
}

static size_t print_header(char *out, size_t size, const struct topo_problem *problem,
                           const char *request_id, size_t body_len)
{
  int n = snprintf(out, size,
                   "HTTP/1.1 %d %s\r\nConnection: close\r\nContent-Type: application/problem+json"
                   "\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
                   "Content-Security-Policy: %s\r\nX-Request-Id: %s\r\n",
                   problem->http, reason(problem->http), body_len, topo_secure_data, request_id);
  size_t used = n < 0 ? size : (size_t)n;
  if (used < size && (problem->http == 429 || problem->http == 503))
    used += (size_t)snprintf(out + used, size - used, "Retry-After: 1\r\n");
  if (used < size && problem->http == 405)
    used += (size_t)snprintf(out + used, size - used, "Allow: %s\r\n", problem->allow);
  if (used < size && problem->http == 426)
    used += (size_t)snprintf(out + used, size - used, "Upgrade: websocket\r\n");
  for (const struct topo_header_line *h = topo_secure_headers; h->name && used < size; h++)
    used += (size_t)snprintf(out + used, size - used, "%s: %s\r\n", h->name, h->value);
  if (used < size)
    used += (size_t)snprintf(out + used, size - used, "\r\n");
  return used;
}

size_t topo_secure_answer(char out[static TOPO_SECURE_ANSWER_SIZE],
                          const struct topo_problem *problem, const char *request_id)
{
  struct topo_json json;
  size_t len = 0;
  topo_json_init(&json);
  topo_problem_write(&json, problem, request_id);
  struct topo_bytes body = topo_json_text(&json);
  if (topo_json_status(&json) == 0) {
    len = print_header(out, TOPO_SECURE_ANSWER_SIZE, problem, request_id, body.len);
    if (len < TOPO_SECURE_ANSWER_SIZE)
      len += (size_t)snprintf(out + len, TOPO_SECURE_ANSWER_SIZE - len, "%.*s", (int)body.len,
                              (const char *)body.data);
    if (len >= TOPO_SECURE_ANSWER_SIZE)
      len = 0;
  }
  topo_json_finish(&json);
  return len;
}
