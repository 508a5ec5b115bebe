/*
 * text.h - what strangers wrote, made safe to print; times and short ids.
 */
#ifndef TOPO_CLI_TEXT_H
#define TOPO_CLI_TEXT_H

#include "base/bytes.h"

#include <stdio.h>

enum { TOPO_CLI_TIME_SIZE = 32, TOPO_CLI_SHORT_ID = 8 };

enum topo_cli_clean {
  TOPO_CLI_LINE,    /* everything on one line: line feeds and tabs are escaped too */
  TOPO_CLI_BLOCK,   /* line feeds and tabs stay; further lines are indented by two blanks */
  TOPO_CLI_RAW_JSON /* a JSON text: escapes are written as JSON knows them, blanks stay */
};

/* Appends `text` without anything a terminal obeys: control characters (C0, DEL, C1), the marks
 * that reorder or hide text (bidirectional controls, line and paragraph separators, zero-width
 * no-break space) become visible escapes (\u001b), bytes that are no UTF-8 become U+FFFD. 0 or
 * TOPO_ENOMEM. */
int topo_cli_clean(struct topo_buf *out, const char *text, size_t len, enum topo_cli_clean how);
/* The same, straight to a stream. */
void topo_cli_print(FILE *stream, const char *text, enum topo_cli_clean how);

/* Local time: "14:05" on the day of now_ms, otherwise "2026-11-20 14:05". */
void topo_cli_format_time(char out[static TOPO_CLI_TIME_SIZE], int64_t at_ms, int64_t now_ms);

/* 43 characters, or a beginning of an id that is long enough to mean one: 4 at least. */
bool topo_cli_is_id_prefix(const char *text);

#endif
