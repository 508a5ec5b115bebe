/*
 * token.c - proofs of address: what a server hands out, and what a client keeps for the next time.
 *
 * A Retry token proves that the client sits at its address and costs it a round trip; a NEW_TOKEN
 * from an earlier connection spares that trip. Both are sealed under the static secret and bound to
 * the address. A client uses a kept token once (RFC 9000, 8.1.3).
 */
#include "net/token.h"

#include <string.h>

#include "net/net_impl.h"

#define RETRY_NS   (10 * NGTCP2_SECONDS)
#define REGULAR_NS (24 * 3600 * NGTCP2_SECONDS)

void topo_net_token_offer(struct topo_net *net, ngtcp2_conn *quic,
                          const struct topo_net_address *remote)
{
  uint8_t token[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN];
  ngtcp2_ssize n =
      ngtcp2_crypto_generate_regular_token(token, net->secret, sizeof net->secret, &remote->sa,
                                           topo_net_address_len(remote), net->now_ns);
  /* No error when it fails: without the token the client's next connection takes one round trip
   * more. */
  if (n > 0)
    ngtcp2_conn_submit_new_token(quic, token, (size_t)n);
}

void topo_net_token_keep(struct topo_net *net, const struct topo_net_address *remote,
                         const uint8_t *token, size_t len)
{
  struct topo_net_token *slot = &net->tokens[net->token_next];
  if (len == 0 || len > sizeof slot->bytes)
    return;
  for (size_t i = 0; i < TOPO_NET_TOKENS; i++)
    if (net->tokens[i].len && topo_net_address_equal(&net->tokens[i].remote, remote))
      slot = &net->tokens[i];
  if (slot == &net->tokens[net->token_next])
    net->token_next = (net->token_next + 1) % TOPO_NET_TOKENS;
  slot->remote = *remote;
  slot->len = len;
  memcpy(slot->bytes, token, len);
}

size_t topo_net_token_take(struct topo_net *net, const struct topo_net_address *remote,
                           uint8_t out[static TOPO_NET_TOKEN_MAX])
{
  for (size_t i = 0; i < TOPO_NET_TOKENS; i++) {
    struct topo_net_token *t = &net->tokens[i];
    size_t len = t->len;
    if (!len || !topo_net_address_equal(&t->remote, remote))
      continue;
    memcpy(out, t->bytes, len);
    t->len = 0;
    return len;
  }
  return 0;
}

enum topo_net_proof topo_net_token_check(struct topo_net *net, const ngtcp2_pkt_hd *hd,
                                         const struct topo_net_address *remote,
                                         ngtcp2_cid *original)
{
  size_t len;
  const uint8_t *token = quic_token(hd, &len);
  socklen_t remote_len = topo_net_address_len(remote);
  if (len == 0)
    return TOPO_NET_PROOF_NONE;
  if (token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY)
    return ngtcp2_crypto_verify_retry_token(original, token, len, net->secret, sizeof net->secret,
                                            hd->version, &remote->sa, remote_len, &hd->dcid,
                                            RETRY_NS, net->now_ns)
               ? TOPO_NET_PROOF_BAD
               : TOPO_NET_PROOF_RETRY;
  if (token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR &&
      ngtcp2_crypto_verify_regular_token(token, len, net->secret, sizeof net->secret, &remote->sa,
                                         remote_len, REGULAR_NS, net->now_ns) == 0)
    return TOPO_NET_PROOF_EARLIER;
  return TOPO_NET_PROOF_NONE;
}
