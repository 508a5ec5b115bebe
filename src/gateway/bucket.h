/*
 * bucket.h - how often something may happen: a bucket of tokens that fills at a rate.
 */
#ifndef TOPO_GATEWAY_BUCKET_H
#define TOPO_GATEWAY_BUCKET_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct topo_bucket {
  pthread_mutex_t lock;
  uint64_t rate, burst; /* tokens for each second; tokens that it holds */
  uint64_t level_ns;    /* what is in it, in nanoseconds × rate: a token is a second's worth */
  uint64_t at_ns;
};

/* A full bucket. rate and burst are 1…1,000,000. */
void topo_bucket_init(struct topo_bucket *bucket, uint64_t rate, uint64_t burst, uint64_t now_ns);
void topo_bucket_finish(struct topo_bucket *bucket);
/* Takes one token; false when there is none. Any thread; the time may not go back. */
bool topo_bucket_take(struct topo_bucket *bucket, uint64_t now_ns);
/* Returns whether topo_bucket_take would find a token at that time; takes none. */
bool topo_bucket_has(struct topo_bucket *bucket, uint64_t now_ns);

#endif
