/*
 * signatures.c - signatures that must pass and signatures that must fail (docs/protocol.md §1).
 *
 * Those that must fail are made by a signer who knows the scalar of the honest part of its key and
 * chooses its nonce, so that the equation holds, exactly or up to the cofactor, wherever that can
 * be had.
 */
#include "vectors/vectors.h"

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "lib/sim_rng.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { POINT = 32, SCALAR = 32 };

/* The canonical encodings of the points of small order, and six encodings that are not canonical.
 */
static const struct {
  const char *order;
  uint8_t head[4], tail; /* the first bytes and the last; between them `fill` */
  uint8_t fill;
} simple_points[] = {
    {"1", {1, 0, 0, 0}, 0, 0},
    {"2", {0xec, 0xff, 0xff, 0xff}, 0x7f, 0xff},
    {"4", {0, 0, 0, 0}, 0, 0},
    {"4", {0, 0, 0, 0}, 0x80, 0},
    {"1, with the sign of zero", {1, 0, 0, 0}, 0x80, 0},
    {"2, with the sign of zero", {0xec, 0xff, 0xff, 0xff}, 0xff, 0xff},
    {"4, with y = p", {0xed, 0xff, 0xff, 0xff}, 0x7f, 0xff},
    {"4, with y = p and a sign", {0xed, 0xff, 0xff, 0xff}, 0xff, 0xff},
    {"1, with y = p + 1", {0xee, 0xff, 0xff, 0xff}, 0x7f, 0xff},
    {"1, with y = p + 1 and a sign", {0xee, 0xff, 0xff, 0xff}, 0xff, 0xff},
};
enum { SIMPLE = sizeof simple_points / sizeof simple_points[0] };
static const uint8_t eighth[2][POINT] = {
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}};

/* A signature under construction: R and A may be any bytes, the scalars are those of their honest
 * parts. The message is one byte. */
struct forgery {
  uint8_t nonce[SCALAR], secret[SCALAR];
  uint8_t r[POINT], a[POINT], s[SCALAR], message;
};

static struct forgery honest;

/* Keys, messages and signatures of all that was written, one after the other. */
static struct topo_buf written;

static void simple_point(uint8_t out[static POINT], size_t i)
{
  memset(out, simple_points[i].fill, POINT);
  memcpy(out, simple_points[i].head, 4);
  out[POINT - 1] = simple_points[i].tail;
}

/* k = SHA-512(R, A, M) mod L */
static void challenge(uint8_t k[static SCALAR], const uint8_t *r, const struct topo_id *key,
                      struct topo_bytes message)
{
  crypto_hash_sha512_state state;
  uint8_t wide[64];
  crypto_hash_sha512_init(&state);
  crypto_hash_sha512_update(&state, r, POINT);
  crypto_hash_sha512_update(&state, key->bytes, TOPO_ID_SIZE);
  crypto_hash_sha512_update(&state, message.data, message.len);
  crypto_hash_sha512_final(&state, wide);
  crypto_core_ed25519_scalar_reduce(k, wide);
}

static void challenge_of(uint8_t k[static SCALAR], const struct forgery *f)
{
  struct topo_id key;
  memcpy(key.bytes, f->a, POINT);
  challenge(k, f->r, &key, (struct topo_bytes){&f->message, 1});
}

/* S = nonce + k · secret */
static void close_equation(struct forgery *f)
{
  uint8_t k[SCALAR], product[SCALAR];
  challenge_of(k, f);
  crypto_core_ed25519_scalar_mul(product, k, f->secret);
  crypto_core_ed25519_scalar_add(f->s, product, f->nonce);
}

/* Takes the first message for which k mod 8 is 0 (or 1). */
static void choose_message(struct forgery *f, unsigned k_mod_8)
{
  uint8_t k[SCALAR];
  for (unsigned m = 0; m < 256; m++) {
    f->message = (uint8_t)m;
    challenge_of(k, f);
    if (k[0] % 8 == k_mod_8)
      return;
  }
  must(false); /* no message fits */
}

static void begin_honest(void)
{
  struct sim_rng rng;
  uint8_t wide[64];
  sim_rng_init(&rng, 8032);
  sim_rng_fill(&rng, wide, sizeof wide);
  crypto_core_ed25519_scalar_reduce(honest.nonce, wide);
  sim_rng_fill(&rng, wide, sizeof wide);
  crypto_core_ed25519_scalar_reduce(honest.secret, wide);
  must(crypto_scalarmult_ed25519_base_noclamp(honest.r, honest.nonce) == 0);
  must(crypto_scalarmult_ed25519_base_noclamp(honest.a, honest.secret) == 0);
  choose_message(&honest, 0);
  close_equation(&honest);
}

/* The last values of an entry: the scalar k is what most mistakes show in first. */
static void put_bytes(struct out *out, const struct topo_id *key, struct topo_bytes message,
                      const uint8_t signature[static TOPO_SIG_SIZE])
{
  uint8_t k[SCALAR];
  challenge(k, signature, key, message);
  out_id(out, "key", key);
  out_hex(out, "message", message.data, message.len);
  out_hex(out, "signature", signature, TOPO_SIG_SIZE);
  out_hex(out, "k", k, sizeof k);
  topo_buf_put_id(&written, key);
  topo_buf_put(&written, message.data, message.len);
  topo_buf_put(&written, signature, TOPO_SIG_SIZE);
}

/* `equation` is how far S·B = R + k·A holds: "exactly", "with cofactor", "none". */
static void put(struct out *out, const char *why, const struct forgery *f, bool valid,
                const char *equation)
{
  uint8_t signature[TOPO_SIG_SIZE];
  struct topo_id key;
  const struct topo_bytes message = {&f->message, 1};
  memcpy(signature, f->r, POINT);
  memcpy(signature + POINT, f->s, SCALAR);
  memcpy(key.bytes, f->a, POINT);
  must((topo_verify(signature, &key, &message, 1) == 0) == valid);
  out_begin_object(out, NULL);
  out_text(out, "why", why);
  out_bool(out, "valid", valid);
  out_text(out, "equation", equation);
  put_bytes(out, &key, message, signature);
  out_end(out);
}

static void put_signed(struct out *out, const char *why, uint8_t seed_byte,
                       struct topo_bytes message)
{
  uint8_t seed[32] = {seed_byte}, signature[TOPO_SIG_SIZE];
  struct topo_sign_key key;
  topo_sign_key_from_seed(&key, seed);
  topo_sign(signature, &key, &message, 1);
  out_begin_object(out, NULL);
  out_text(out, "why", why);
  out_bool(out, "valid", true);
  out_text(out, "equation", "exactly");
  out_hex(out, "seed", seed, sizeof seed);
  put_bytes(out, &key.public_key, message, signature);
  out_end(out);
}

static void put_torsioned(struct out *out, const char *order, const uint8_t torsion[static POINT])
{
  char why[128];
  struct forgery f = honest;
  must(crypto_core_ed25519_add(f.r, honest.r, torsion) == 0);
  choose_message(&f, 1);
  close_equation(&f);
  snprintf(why, sizeof why, "R has a component of order %s", order);
  put(out, why, &f, false, "with cofactor");

  f = honest;
  must(crypto_core_ed25519_add(f.a, honest.a, torsion) == 0);
  choose_message(&f, 1);
  close_equation(&f);
  snprintf(why, sizeof why, "A has a component of order %s", order);
  put(out, why, &f, false, "with cofactor");

  choose_message(&f, 0);
  close_equation(&f);
  snprintf(why, sizeof why, "A has a component of order %s, which vanishes from k A", order);
  put(out, why, &f, false, "exactly");

  must(crypto_core_ed25519_sub(f.r, honest.r, torsion) == 0);
  choose_message(&f, 1);
  close_equation(&f);
  snprintf(why, sizeof why, "A and R have components of order %s, which cancel", order);
  put(out, why, &f, false, "exactly");
}

static void put_small(struct out *out, const char *order, const uint8_t point[static POINT])
{
  char why[128];
  struct forgery f = honest;
  memcpy(f.a, point, POINT);
  memset(f.secret, 0, SCALAR);
  choose_message(&f, 0);
  close_equation(&f);
  snprintf(why, sizeof why, "A is of order %s", order);
  put(out, why, &f, false, "exactly");

  f = honest;
  memcpy(f.r, point, POINT);
  memset(f.nonce, 0, SCALAR);
  choose_message(&f, 0);
  close_equation(&f);
  snprintf(why, sizeof why, "R is of order %s", order);
  put(out, why, &f, false, order[0] == '1' ? "exactly" : "with cofactor");
}

static void put_small_orders(struct out *out)
{
  uint8_t point[POINT];
  for (size_t i = 0; i < SIMPLE; i++) {
    simple_point(point, i);
    put_small(out, simple_points[i].order, point);
  }
  for (size_t i = 0; i < 2; i++)
    for (int sign = 0; sign < 2; sign++) {
      memcpy(point, eighth[i], POINT);
      point[POINT - 1] |= (uint8_t)(sign ? 0x80 : 0);
      put_small(out, "8", point);
    }
}

static void put_torsions(struct out *out)
{
  uint8_t point[POINT];
  for (size_t i = 1; i < 4; i++) { /* the canonical ones but the neutral point */
    simple_point(point, i);
    put_torsioned(out, simple_points[i].order, point);
  }
  for (size_t i = 0; i < 2; i++)
    put_torsioned(out, "8", eighth[i]);
}

static void put_scalars(struct out *out)
{
  static const uint8_t order[SCALAR] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                        0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                        0,    0,    0,    0,    0,    0,    0,    0,
                                        0,    0,    0,    0,    0,    0,    0,    0x10};
  struct forgery f = honest;
  sodium_add(f.s, order, SCALAR);
  put(out, "S is S + L", &f, false, "exactly");
  for (int times = 2; times < 14; times++)
    sodium_add(f.s, order, SCALAR);
  put(out, "S is S + 13 L", &f, false, "exactly");
}

static void put_no_points(struct out *out)
{
  struct forgery f = honest;
  memset(f.a, 0, POINT);
  f.a[0] = 2;
  close_equation(&f);
  put(out, "A is no point of the curve", &f, false, "none");
  f = honest;
  memset(f.r, 0, POINT);
  f.r[0] = 2;
  close_equation(&f);
  put(out, "R is no point of the curve", &f, false, "none");
  memset(f.r, 0xff, POINT);
  f.r[0] = 0xed + 3;
  f.r[POINT - 1] = 0x7f;
  close_equation(&f);
  put(out, "R has y = p + 3", &f, false, "none");
  f = honest;
  memset(f.a, 0xff, POINT);
  f.a[0] = 0xed + 3;
  f.a[POINT - 1] = 0x7f;
  close_equation(&f);
  put(out, "A has y = p + 3", &f, false, "none");
}

void vectors_signatures(const char *folder)
{
  static const uint8_t abc[] = {'a', 'b', 'c'};
  struct out *out = out_open(folder, "signatures.json");
  begin_honest();
  out_begin_list(out, "signatures");
  put_signed(out, "signed by its seed", 1, (struct topo_bytes){abc, 0});
  put_signed(out, "signed by its seed", 2, (struct topo_bytes){abc, sizeof abc});
  put(out, "an honest key and nonce", &honest, true, "exactly");
  struct forgery other = honest;
  other.message ^= 1;
  put(out, "the message is another", &other, false, "none");
  put_scalars(out);
  put_torsions(out);
  put_small_orders(out);
  put_no_points(out);
  out_end(out);
  struct topo_id digest;
  struct topo_bytes all = topo_buf_view(&written);
  must(!written.failed);
  topo_hash(digest.bytes, &all, 1);
  out_id(out, "digest", &digest);
  topo_buf_finish(&written);
  out_close(out);
}
