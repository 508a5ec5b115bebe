/*
 * given.h - one space that is told by hand where others are, and keeps the dials that it makes.
 */
#ifndef TOPO_TESTS_GIVEN_H
#define TOPO_TESTS_GIVEN_H

#include "unit/node/solo.h"

enum { GIVEN_DIALS = 64, HOUR_MS = 3600 * 1000, SQLITE_FULL_CODE = 13 };

struct given {
  struct solo solo;
  size_t n; /* dials that it has made */
  struct topo_dial dials[GIVEN_DIALS];
};

/* The port by which it dials: they are kept in order. */
void given_take_dial(void *ctx, const struct topo_dial *dial);
void given_set_up(struct given *f);
void given_tear_down(struct given *f);
void given_reopen(struct given *f);
struct topo_id given_add_device(struct given *f, uint32_t n);
/* 10.0.0.n:9 */
struct topo_address given_address_of(uint8_t n);
/* The device says that it is at 10.0.0.first … */
void given_tell(struct given *f, const struct topo_id *device, uint8_t first, size_t n);
/* An operation that answers how many are dialled: its status, and that number, or -1. */
int given_ask(struct given *f, const char *id, const char *body, int *dialling);
/* Gives 10.0.0.n:9, to that device or to none. A status, and how many are dialled, or -1. */
int given_give(struct given *f, const struct topo_id *device, unsigned n, int *dialling);
int given_forget(struct given *f, const char *address);
/* Does what listPeers answers contain that? */
bool given_lists(struct given *f, const char *text);
/* Would 10.0.0.n:9 be dialled for that device? */
bool given_is_candidate(struct given *f, const struct topo_id *device, uint8_t n);
/* The dial with that index ends so. */
void given_fail_dial(struct given *f, size_t index, int status);
/* The device is connected: by that dial of ours, or, when that has no number or is NULL, by its
 * own. */
void given_come_up(struct given *f, const struct topo_id *device, const struct topo_dial *dial);
/* That dial went to the device at 10.0.0.n:9. */
void given_assert_dial(const struct given *f, size_t index, const struct topo_id *device,
                       uint8_t n);

#endif
