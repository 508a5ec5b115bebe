#!/bin/sh
# test_no_ipv6.sh - where a machine has no IPv6 at all, a daemon that is to listen at all addresses
# does so at those of IPv4, and says it.
build=${TOPO_BUILDDIR:-.}
"$build/tests/smoke/without_ipv6" true
[ $? -ne 77 ] || {
  echo '1..0 # SKIP the kernel does not filter system calls here'
  exit 0
}
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

logged() { # NAME TEXT
  cat "$work/$1.log"
  grep -qF -e "$2" "$work/$1.log"
}
at() { # NAME TEXT: where it listens
  topo "$1" --json status | tee "$work/.status"
  grep -qF -e "\"udp_address\":\"$2" "$work/.status"
}

run=$build/tests/smoke/without_ipv6
bind='[::]:0'
rule 'a daemon starts that is to listen at all addresses' launch alice
rule 'it listens at those of IPv4' at alice '0.0.0.0:'
rule 'and says so' logged alice 'this machine has no IPv6: using IPv4 alone'
bind='[::1]:0'
rule 'one that is to listen at an address of IPv6 does not start' not launch bob
rule 'and says what helps' says bob 'this machine has no address [::1]'
unset bind run
rule 'another machine has a member' launch carol
rule 'who founds a workspace' topo carol workspace create Tea --user Carol
rule 'and who is without IPv6 joins it' invite carol alice Alice
rule 'and stops' stop alice
rule 'the other stops, too' stop carol
