/*
 * accept.c - packets of no known connection, answered without keeping state.
 *
 * A client that has not proved its address gets a Retry; one with a proof becomes a connection. A
 * packet of a forgotten connection gets a stateless reset, a QUIC version we lack a Version
 * Negotiation. All answers are shorter than what they answer, so nobody can use us to amplify an
 * attack. All other packets are dropped.
 */
#include "net/accept.h"

#include "base/assert.h"
#include "net/open.h"
#include "net/receive.h"
#include "net/token.h"

enum {
  RESET_LEAST = 21,   /* of a peer's reset: five bytes and its token */
  INITIAL_MIN = 1200, /* RFC 9000, 14.1: a shorter datagram starts nothing */
  RESET_MIN = 43,     /* shorter packets are not worth a reset, and must not cause a loop */
  RESET_MAX = 60,     /* looks like a small packet */
  ANSWER_SIZE = 512,
  RESETS_PER_SECOND = 50 /* stateless answers must not make us an amplifier of work */
};

static void answer(struct topo_net *net, const struct topo_datagram *d, const uint8_t *packet,
                   ngtcp2_ssize len, uint64_t *counter)
{
  if (len <= 0)
    return;
  topo_io_send_one(&net->io, packet, (size_t)len, &d->local, &d->remote);
  ++*counter;
}

static void negotiate_version(struct topo_net *net, const struct topo_datagram *d,
                              const ngtcp2_version_cid *header)
{
  static const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
  uint8_t packet[ANSWER_SIZE + 2 * UINT8_MAX], noise;
  if (d->len < INITIAL_MIN) {
    net->stats.ignored++;
    return;
  }
  topo_rng_fill(&net->rng, &noise, 1);
  answer(net, d, packet,
         ngtcp2_pkt_write_version_negotiation(packet, sizeof packet, noise, header->scid,
                                              header->scidlen, header->dcid, header->dcidlen,
                                              versions, 1),
         &net->stats.versions);
}

static bool may_reset(struct topo_net *net)
{
  if (net->now_ns - net->resets_since_ns >= NGTCP2_SECONDS) {
    net->resets_since_ns = net->now_ns;
    net->resets_in_second = 0;
  }
  return net->resets_in_second++ < RESETS_PER_SECOND;
}

static void reset(struct topo_net *net, const struct topo_datagram *d,
                  const ngtcp2_version_cid *header)
{
  uint8_t token[NGTCP2_STATELESS_RESET_TOKENLEN], noise[RESET_MAX], packet[RESET_MAX];
  size_t len = d->len - 1 < RESET_MAX ? d->len - 1 : RESET_MAX;
  ngtcp2_cid cid;
  net->stats.ignored++;
  if (d->len < RESET_MIN || header->dcidlen != TOPO_NET_CID_LEN || !may_reset(net))
    return;
  ngtcp2_cid_init(&cid, header->dcid, header->dcidlen);
  if (ngtcp2_crypto_generate_stateless_reset_token(token, net->secret, sizeof net->secret, &cid))
    return;
  topo_rng_fill(&net->rng, noise, sizeof noise);
  answer(net, d, packet,
         ngtcp2_pkt_write_stateless_reset(packet, len, token, noise, len - sizeof token),
         &net->stats.resets);
}

/* A stateless reset looks like a packet with a random id; it is known by its last sixteen bytes,
 * the token that the peer gave us for one of its ids (RFC 9000, 10.3.1). */
struct topo_net_conn *topo_net_accept_reset(const struct topo_net *net,
                                            const struct topo_datagram *d)
{
  if (d->len < RESET_LEAST || d->data[0] & 0x80)
    return NULL;
  return topo_cid_table_get(&net->reset_tokens, d->data + d->len - NGTCP2_STATELESS_RESET_TOKENLEN,
                            NGTCP2_STATELESS_RESET_TOKENLEN);
}

static void retry(struct topo_net *net, const struct topo_datagram *d, const ngtcp2_pkt_hd *hd)
{
  uint8_t token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN], packet[ANSWER_SIZE];
  ngtcp2_cid scid = {.datalen = TOPO_NET_CID_LEN};
  ngtcp2_ssize n;
  topo_rng_fill(&net->rng, scid.data, scid.datalen);
  n = ngtcp2_crypto_generate_retry_token(token, net->secret, sizeof net->secret, hd->version,
                                         &d->remote.sa, topo_net_address_len(&d->remote), &scid,
                                         &hd->dcid, net->now_ns);
  if (n > 0)
    answer(net, d, packet,
           ngtcp2_crypto_write_retry(packet, sizeof packet, hd->version, &hd->scid, &scid,
                                     &hd->dcid, token, (size_t)n),
           &net->stats.retries);
}

static void refuse(struct topo_net *net, const struct topo_datagram *d, const ngtcp2_pkt_hd *hd,
                   uint64_t code)
{
  uint8_t packet[ANSWER_SIZE];
  answer(net, d, packet,
         ngtcp2_crypto_write_connection_close(packet, sizeof packet, hd->version, &hd->scid,
                                              &hd->dcid, code, NULL, 0),
         &net->stats.refused);
}

/* A client whose address is proved. `original` is NULL without a Retry. */
static void admit(struct topo_net *net, const struct topo_datagram *d, const ngtcp2_pkt_hd *hd,
                  const ngtcp2_cid *original)
{
  struct topo_net_initial initial = {hd, original};
  struct topo_net_conn *conn;
  if (net->stats.live >= TOPO_NET_CONNECTIONS_MAX)
    refuse(net, d, hd, NGTCP2_CONNECTION_REFUSED);
  else if (net->stats.half_open >= TOPO_NET_HALF_OPEN_MAX)
    net->stats.refused++; /* no answer: the client sends its Initial again by itself */
  else if (topo_net_open_server(net, &conn, d, &initial))
    net->stats.refused++;
  else
    topo_net_receive(conn, d);
}

static void take_initial(struct topo_net *net, const struct topo_datagram *d)
{
  ngtcp2_pkt_hd hd;
  ngtcp2_cid original;
  if (ngtcp2_accept(&hd, d->data, d->len) || d->len < INITIAL_MIN) {
    net->stats.ignored++;
    return;
  }
  switch (topo_net_token_check(net, &hd, &d->remote, &original)) {
  case TOPO_NET_PROOF_NONE: retry(net, d, &hd); break;
  case TOPO_NET_PROOF_BAD: refuse(net, d, &hd, NGTCP2_INVALID_TOKEN); break;
  case TOPO_NET_PROOF_RETRY: admit(net, d, &hd, &original); break;
  case TOPO_NET_PROOF_EARLIER: admit(net, d, &hd, NULL); break;
  }
}

void topo_net_accept(struct topo_net *net, const struct topo_datagram *d,
                     const ngtcp2_version_cid *header, bool other_version)
{
  bool is_long = d->data[0] & 0x80;
  if (other_version)
    negotiate_version(net, d, header);
  else if (is_long && header->version)
    take_initial(net, d);
  else if (!is_long) /* whatever its fixed bit says: peers grease it (RFC 9287) */
    reset(net, d, header);
  else
    net->stats.ignored++;
}
