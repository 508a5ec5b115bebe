/* ws_peer.h - a raw WebSocket client: frames go out as the test wants them, also wrong ones. */
#ifndef TESTS_UNIT_GATEWAY_WS_PEER_H
#define TESTS_UNIT_GATEWAY_WS_PEER_H

#include "unit/gateway/house.h"

enum { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10, WS_FIN = 0x80 };

struct ws_peer {
  int fd;
  char *text; /* of the last message, NUL-terminated */
  size_t len;
};

/* Opens a socket over TCP or, with `local`, over the Unix socket; asserts the 101. */
struct ws_peer ws_open(struct house *h, bool local);
/* Sends one frame: `head` is the opcode and WS_FIN. False when the other end is gone. */
bool ws_frame(struct ws_peer *p, unsigned head, const void *data, size_t len, bool masked);
/* A whole text message. */
bool ws_say(struct ws_peer *p, const char *text);
/* The next text message; returns the opcode of what came: WS_TEXT, WS_CLOSE (text is the reason,
 * *code the code), WS_PING, or 0 when the connection ended without a word. */
int ws_hear(struct ws_peer *p, int *code);
/* Hears a problem with this code, then a close with this number. */
void ws_expect_end(struct ws_peer *p, int code, const char *problem);
void ws_end(struct ws_peer *p);

#endif
