/* ws_peer.c - RFC 6455 by hand. */
#include "unit/gateway/ws_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static bool receive(int fd, void *out, size_t len)
{
  char *at = out;
  while (len) {
    ssize_t n = recv(fd, at, len, 0);
    if (n <= 0)
      return false;
    at += n;
    len -= (size_t)n;
  }
  return true;
}

struct ws_peer ws_open(struct house *h, bool local)
{
  struct ws_peer p = {.fd = local ? client_connect(h->path) : house_dial(h)};
  char request[512], answer[2048];
  size_t n = 0;
  snprintf(request, sizeof request,
           "GET /v1/events/ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Version: 13\r\n\r\n",
           h->host);
  assert_true(client_send(p.fd, request, strlen(request)));
  while (n < 4 || memcmp(answer + n - 4, "\r\n\r\n", 4) != 0) {
    assert_true(n < sizeof answer - 1 && receive(p.fd, answer + n, 1));
    answer[++n] = '\0';
  }
  assert_memory_equal(answer, "HTTP/1.1 101", 12);
  /* The example of RFC 6455 §1.3. */
  assert_non_null(strcasestr(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  assert_non_null(strstr(answer, "X-Content-Type-Options: nosniff\r\n"));
  return p;
}

bool ws_frame(struct ws_peer *p, unsigned head, const void *data, size_t len, bool masked)
{
  static const uint8_t mask[4] = {1, 2, 3, 4};
  uint8_t *frame = malloc(len + 14);
  size_t n = 0;
  assert_non_null(frame);
  frame[n++] = (uint8_t)head;
  uint8_t bit = masked ? 0x80 : 0;
  if (len < 126) {
    frame[n++] = (uint8_t)(bit | len);
  } else if (len < 65536) {
    frame[n++] = bit | 126;
    frame[n++] = (uint8_t)(len >> 8);
    frame[n++] = (uint8_t)len;
  } else {
    frame[n++] = bit | 127;
    for (int shift = 56; shift >= 0; shift -= 8)
      frame[n++] = (uint8_t)((uint64_t)len >> shift);
  }
  if (masked) {
    memcpy(frame + n, mask, 4);
    n += 4;
  }
  for (size_t i = 0; i < len; i++)
    frame[n + i] = ((const uint8_t *)data)[i] ^ (masked ? mask[i % 4] : 0);
  bool sent = client_send(p->fd, frame, n + len);
  free(frame);
  return sent;
}

bool ws_say(struct ws_peer *p, const char *text)
{
  return ws_frame(p, WS_FIN | WS_TEXT, text, strlen(text), true);
}

int ws_hear(struct ws_peer *p, int *code)
{
  uint8_t head[2], more[8];
  free(p->text);
  p->text = NULL;
  if (!receive(p->fd, head, 2))
    return 0;
  assert_int_equal(head[0] & 0xf0, WS_FIN); /* no fragments, no extensions */
  assert_int_equal(head[1] & 0x80, 0);      /* a server does not mask */
  p->len = head[1];
  size_t extra = p->len == 126 ? 2 : p->len == 127 ? 8 : 0;
  if (extra) {
    assert_true(receive(p->fd, more, extra));
    p->len = 0;
    for (size_t i = 0; i < extra; i++)
      p->len = p->len << 8 | more[i];
  }
  p->text = calloc(1, p->len + 1);
  assert_non_null(p->text);
  if (!receive(p->fd, p->text, p->len))
    return 0;
  int opcode = head[0] & 0xf;
  if (opcode == WS_CLOSE && p->len >= 2 && code)
    *code = (uint8_t)p->text[0] << 8 | (uint8_t)p->text[1];
  return opcode;
}

void ws_expect_end(struct ws_peer *p, int code, const char *problem)
{
  char want[64];
  int heard = 0, opcode;
  /* Events that were on their way, and answers to pings, may come first. */
  snprintf(want, sizeof want, "\"code\":\"%s\"", problem);
  while ((opcode = ws_hear(p, &heard)) == WS_PONG || opcode == WS_PING ||
         (opcode == WS_TEXT && !strstr(p->text, "{\"type\":\"problem\"")))
    ;
  assert_int_equal(opcode, WS_TEXT);
  if (!strstr(p->text, want))
    fail_msg("%s is not in %s", want, p->text);
  while ((opcode = ws_hear(p, &heard)) == WS_PONG)
    ;
  assert_int_equal(opcode, WS_CLOSE);
  assert_int_equal(heard, code);
  ws_end(p);
}

void ws_end(struct ws_peer *p)
{
  close(p->fd);
  free(p->text);
  *p = (struct ws_peer){.fd = -1};
}
