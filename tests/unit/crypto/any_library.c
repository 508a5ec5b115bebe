/*
 * any_library.c - stands in for two functions of libsodium, as lax as one could be: the one that
 * verifies accepts everything, and multiplying knows no order and refuses none (until 1.0.20, and
 * in Debian before 1.0.18-1+deb12u1, the library took points of order 2 L for points of order L).
 */
#include <sodium.h>
#include <string.h>

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *message,
                                       unsigned long long len, const unsigned char *key);
int __wrap_crypto_scalarmult_ed25519_noclamp(unsigned char *out, const unsigned char *scalar,
                                             const unsigned char *point);

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *message,
                                       unsigned long long len, const unsigned char *key)
{
  (void)sig, (void)message, (void)len, (void)key;
  return 0;
}

int __wrap_crypto_scalarmult_ed25519_noclamp(unsigned char *out, const unsigned char *scalar,
                                             const unsigned char *point)
{
  unsigned char sum[crypto_core_ed25519_BYTES] = {1};
  int status = 0;
  for (int bit = 255; bit >= 0; bit--) {
    status |= crypto_core_ed25519_add(sum, sum, sum);
    if (scalar[bit / 8] >> bit % 8 & 1)
      status |= crypto_core_ed25519_add(sum, sum, point);
  }
  memcpy(out, sum, sizeof sum);
  return status;
}
