/*
 * input.h - what a command reads from standard input.
 */
#ifndef TOPO_CLI_INPUT_H
#define TOPO_CLI_INPUT_H

#include "base/bytes.h"

/* Everything until the end, at most `max` bytes; one trailing line feed is dropped. Must be UTF-8
 * without NUL. 0, TOPO_ELIMIT, TOPO_EINVAL, TOPO_EIO, TOPO_ENOMEM. */
int topo_cli_read_all(struct topo_buf *out, size_t max);
/* On a terminal one line: it asks with `prompt` first and does not echo, so what is typed leaves no
 * trace on the screen. From elsewhere everything, for mail programs break long lines. Blanks around
 * it are dropped. The same statuses. */
int topo_cli_read_secret(struct topo_buf *out, size_t max, const char *prompt);

#endif
