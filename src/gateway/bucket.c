/* bucket.c - a token bucket in integers: one token is a second in nanoseconds. */
#include "gateway/bucket.h"

#include "base/assert.h"

enum { RATE_MAX = 1000000 };
static const uint64_t token_ns = 1000000000;

void topo_bucket_init(struct topo_bucket *bucket, uint64_t rate, uint64_t burst, uint64_t now_ns)
{
  topo_assert(rate && rate <= RATE_MAX && burst && burst <= RATE_MAX);
  *bucket = (struct topo_bucket){
      .rate = rate, .burst = burst, .level_ns = burst * token_ns, .at_ns = now_ns};
  pthread_mutex_init(&bucket->lock, NULL);
}

void topo_bucket_finish(struct topo_bucket *bucket)
{
  pthread_mutex_destroy(&bucket->lock);
}

static void fill(struct topo_bucket *bucket, uint64_t now_ns)
{
  const uint64_t full = bucket->burst * token_ns;
  uint64_t passed = now_ns > bucket->at_ns ? now_ns - bucket->at_ns : 0;
  bucket->at_ns += passed;
  if (passed > full / bucket->rate)
    bucket->level_ns = full;
  else
    bucket->level_ns += passed * bucket->rate;
  if (bucket->level_ns > full)
    bucket->level_ns = full;
}

static bool use(struct topo_bucket *bucket, uint64_t now_ns, uint64_t amount)
{
  pthread_mutex_lock(&bucket->lock);
  fill(bucket, now_ns);
  bool enough = bucket->level_ns >= token_ns;
  if (enough)
    bucket->level_ns -= amount;
  pthread_mutex_unlock(&bucket->lock);
  return enough;
}

bool topo_bucket_take(struct topo_bucket *bucket, uint64_t now_ns)
{
  return use(bucket, now_ns, token_ns);
}

bool topo_bucket_has(struct topo_bucket *bucket, uint64_t now_ns)
{
  return use(bucket, now_ns, 0);
}
