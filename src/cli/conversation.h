/*
 * conversation.h - channels by name, pages of their messages, and how a message is printed.
 */
#ifndef TOPO_CLI_CONVERSATION_H
#define TOPO_CLI_CONVERSATION_H

#include "cli/client.h"

enum { TOPO_CLI_ID_SIZE = 64, TOPO_CLI_PLACE_SIZE = 257 };

/* One page of one channel. */
struct topo_cli_page {
  char space[TOPO_CLI_ID_SIZE], channel[TOPO_CLI_ID_SIZE];
  uint64_t limit;
  char after[TOPO_CLI_PLACE_SIZE]; /* empty: the newest page */
};

/* Asks for the channels of a space. An exit code; a failure was told to the user. */
int topo_cli_ask_channels(struct topo_cli *cli, const char *space, struct topo_cli_answer *answer);
/* Finds the space, and in it the channel called `wanted` (a name with or without #, or the
 * beginning of an id); NULL: "general", or the only channel. Likewise. */
int topo_cli_find_channel(struct topo_cli *cli, const char *wanted, struct topo_cli_page *page);
/* Asks for a page and prints nothing. Returns answer->code. */
int topo_cli_ask_page(struct topo_cli *cli, const struct topo_cli_page *page,
                      struct topo_cli_answer *answer);
/* Copies the id that a member holds. An exit code; a failure was told to the user. */
int topo_cli_copy_id(char out[static TOPO_CLI_ID_SIZE], const cJSON *item, const char *name);

/* One message with its reactions, on one line or more. */
void topo_cli_print_message(const struct topo_cli *cli, const cJSON *item);
/* "  👍 2", for each emoji. */
void topo_cli_print_reactions(const cJSON *item);

#endif
