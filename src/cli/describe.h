/*
 * describe.h - every operation of the API in words, as `topo describe` prints them. The list is
 * generated (describe.gen.c).
 */
#ifndef TOPO_CLI_DESCRIBE_H
#define TOPO_CLI_DESCRIBE_H

struct topo_cli_description {
  const char *id, *method, *path, *summary;
  const char *text; /* for people: lines, each with its line feed */
  const char *json; /* the same as one JSON object, without a line feed */
};

/* In the order of the API's document; ends with a NULL id. */
extern const struct topo_cli_description topo_cli_descriptions[];

#endif
