/*
 * stats.h - what a topo_net counts.
 */
#ifndef TOPO_NET_STATS_H
#define TOPO_NET_STATS_H

#include <stddef.h>
#include <stdint.h>

/* Counters since creation. */
struct topo_net_stats {
  uint64_t datagrams_in, datagrams_out, bytes_in, bytes_out;
  uint64_t syscalls_in, syscalls_out;
  uint64_t ignored;  /* datagrams that belong to nothing */
  uint64_t retries;  /* Retry packets sent */
  uint64_t resets;   /* stateless resets sent */
  uint64_t versions; /* Version Negotiation packets sent */
  uint64_t refused;  /* Initials dropped or refused by a limit or a bad token */
  uint64_t up;       /* connections that came up */
  /* Connections that did not, by reason. */
  uint64_t failed_name;      /* the SNI names no identity here */
  uint64_t failed_version;   /* no common ALPN or QUIC version */
  uint64_t failed_no_key;    /* no raw Ed25519 key was shown */
  uint64_t failed_untrusted; /* the key was refused, by either side */
  uint64_t failed_timeout;
  uint64_t failed_other;
  size_t live, half_open, lingering; /* connections now */
};

#endif
