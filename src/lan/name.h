/*
 * name.h - names in a DNS message (RFC 1035 §4.1.4), in order: length and bytes of each label, in
 * lower case, then a zero.
 */
#ifndef TOPO_LAN_NAME_H
#define TOPO_LAN_NAME_H

#include "base/bytes.h"

enum {
  TOPO_LAN_NAME_MAX = 255,
  TOPO_LAN_JUMPS_MAX = 16, /* compression pointers in one name; more is malformed */
  TOPO_LAN_LABEL_SIZE = 24 /* of the names of an instance and of its host, both by chance */
};

struct topo_lan_label {
  uint8_t bytes[TOPO_LAN_LABEL_SIZE]; /* lower-case hexadecimal in what we write */
};

struct topo_lan_name {
  uint8_t bytes[TOPO_LAN_NAME_MAX];
  size_t len;
};

/* Reads the name at `at` in a message and follows its pointers, each of which must lead further
 * back than all before, TOPO_LAN_JUMPS_MAX at most. Returns where what follows the name
 * begins, or 0: it is malformed. */
size_t topo_lan_name_read(struct topo_bytes message, size_t at, struct topo_lan_name *out);
bool topo_lan_name_equal(const struct topo_lan_name *a, const struct topo_lan_name *b);
/* Is it a label of TOPO_LAN_LABEL_SIZE bytes before `parent`? Then *out is the label. */
bool topo_lan_name_splits(const struct topo_lan_name *name, const struct topo_lan_name *parent,
                          struct topo_lan_label *out);

#endif
