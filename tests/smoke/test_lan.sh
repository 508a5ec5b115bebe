#!/bin/sh
# test_lan.sh - members of one network find each other, wherever each was before; what they say there
# tells nobody else who they are; and nothing is said where discovery is off. Two machines, each a network
# namespace, on one cable.
# The machines are of this test alone, and end with it.
if [ -z "${TOPO_NETWORKS:-}" ]; then
  unshare -rnmu sh -c 'mount -t tmpfs tmpfs /run && ip netns add probe && ip link add type veth' >/dev/null 2>&1 || {
    echo '1..0 # SKIP this needs network namespaces, and ip of iproute2'
    exit 0
  }
  TOPO_NETWORKS=$(id -un) exec unshare -rnmu sh -c 'mount -t tmpfs tmpfs /run && hostname machine-of-somebody && exec sh "$0"' "$0"
fi
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

left=left right=right
make_machines() {
  ip netns add "$left" && ip netns add "$right" &&
    ip link add cable netns "$left" type veth peer name cable netns "$right" &&
    ip -n "$left" link set cable up && ip -n "$right" link set cable up
}

# move NAMESPACE ADDRESS/BITS: that is its only address now.
move() {
  case $2 in *:*) at_once=nodad ;; *) at_once= ;; esac # nobody is asked whether it is free
  ip -n "$1" addr flush dev cable scope global &&
    ip -n "$1" addr add "$2" dev cable $at_once
}

rule 'there are two machines on one cable' make_machines
launch_alice() { run="ip netns exec $left" bind='[::]:0' launch alice "$@"; }
launch_bob() { run="ip netns exec $right" bind='[::]:0' launch bob "$@"; }
meets() { # NAME TEXT: the peer of that name is connected
  topo "$1" peers | grep -F -e "$2" | grep -q 'connected'
}

move "$left" 10.9.1.1/24 && move "$right" 10.9.1.2/24
rule 'a daemon starts on one machine' launch_alice
rule 'and another on a second' launch_bob
rule 'a workspace is founded' topo alice workspace create 'The tea house' --user 'Alice in the tea house'
rule 'the second joins' invite alice bob 'Bob in the tea house'
rule 'both stop' stop alice
rule 'and the other, too' stop bob

# ---- both have moved

move "$left" 10.9.2.1/24 && move "$right" 10.9.2.2/24
joins() { # NAME
  topo "$1" join --user 'Carol in the tea house' --wait 60 <"$work/link"
}
lay() { # NAME PREFIX: another cable between the machines
  ip link add "$1" netns "$left" type veth peer name "$1" netns "$right" &&
    ip -n "$left" addr add "$2.1/24" dev "$1" && ip -n "$right" addr add "$2.2/24" dev "$1" &&
    ip -n "$left" link set "$1" up && ip -n "$right" link set "$1" up
}
hears() { # ADDRESS N: at least so many announcements or answers came from there
  [ "$(said "$1")" -ge "$2" ]
}
# How many datagrams from ADDRESS say that an instance is there: an answer whose first record, PTR, lives
# for 120 seconds.
said() {
  grep -c "^$1 000084000000000100000003055f746f706f045f756470056c6f63616c00000c000100000078" "$work/heard"
}
ip netns exec "$left" "$build/tests/smoke/lan_ear" cable hear "$work/heard" 2>"$work/ear.log" &
echo $! >"$work/ear.pid"
rule 'somebody listens on the network, on the same port' await grep -q ready "$work/heard"
rule 'both start elsewhere' launch_alice
rule 'and the other' launch_bob
rule 'they meet' await meets alice Bob
rule 'each other' await meets bob Alice
rule 'what one says reaches the other' topo alice send 'Here we are.'
rule 'as ever' await reads bob 'Here we are.'
rule 'the listener heard one' await hears 10.9.2.1 1
rule 'and the other' await hears 10.9.2.2 1

# ---- what was heard says nothing

hex() {
  od -An -v -tx1 | tr -d ' \n'
}
holds() { # HEX: it is in what was heard
  cut -d' ' -f2 "$work/heard" | grep -q -e "$1"
}
of_id() { # ID: its bytes
  printf '%s=' "$1" | basenc --base64url -d | hex
}
topo alice --json workspace list >"$work/spaces.alice"
topo bob --json workspace list >"$work/spaces.bob"
workspace=$(member workspace <"$work/spaces.alice" | head -n 1)
device_a=$(member space <"$work/spaces.alice" | head -n 1)
device_b=$(member space <"$work/spaces.bob" | head -n 1)
rule 'the search finds what is there' holds "$(printf _topo | hex)"
rule 'the devices are two' test "$device_a" != "$device_b"
for id in "$workspace" "$device_a" "$device_b"; do
  rule 'an id is 32 bytes' test "$(of_id "$id" | wc -c)" -eq 64
  rule 'no id is in it, as bytes' not holds "$(of_id "$id")"
  rule 'nor the beginning of one' not holds "$(of_id "$id" | cut -c1-16)"
  rule 'nor as text' not holds "$(printf %s "$id" | hex)"
done
for name in 'The tea house' 'Alice in' 'Bob in' machine-of "$TOPO_NETWORKS" "$work"; do
  rule "nor is “${name%"$work"}”" not holds "$(printf %s "$name" | hex)"
done

# ---- names end

names_of() { # ADDRESS: the instances that it has announced, each once
  sed -n "s/^$1 00008400.\{74\}\(.\{48\}\).*/\1/p" "$work/heard" | sort -u
}
rule 'one has one name until now' test "$(names_of 10.9.2.2 | wc -l)" -eq 1
rule 'it stops' stop bob
says_goodbye() {
  grep "^$1 000084" "$work/heard" | grep -q '055f746f706f045f756470056c6f63616c00000c000100000000'
}
rule 'and says goodbye' await says_goodbye 10.9.2.2
before=$(said 10.9.2.2)
rule 'it starts again' launch_bob
rule 'and is announced' await hears 10.9.2.2 $((before + 1))
rule 'under another name' test "$(names_of 10.9.2.2 | wc -l)" -eq 2
rule 'the two meet again' await meets alice Bob

# ---- somebody annoys everybody

rule 'what nobody should say is said' ip netns exec "$right" "$build/tests/smoke/lan_ear" cable annoy 500
before=$(said 10.9.2.1)
asked_and_answered() {
  ip netns exec "$right" "$build/tests/smoke/lan_ear" cable ask && hears 10.9.2.1 $((before + 1))
}
rule 'and who is asked still answers' await asked_and_answered
rule 'the two are still connected' meets alice Bob

# ---- no IPv4, and the network changes while both run

move "$left" fd09::1/64 && move "$right" fd09::2/64
address_said() { # HEX of an IPv6 address: some answer holds it
  holds "001c8001000000780010$1"
}
rule 'a new address is announced as it comes' await address_said fd090000000000000000000000000001
rule 'that of the other, too' await address_said fd090000000000000000000000000002
rule 'both stop' stop alice
rule 'and the other' stop bob
move "$left" fd0a::1/64 && move "$right" fd0a::2/64
rule 'they start elsewhere' launch_alice
rule 'both of them' launch_bob
rule 'and meet where there is no IPv4' await meets alice Bob

# ---- off

port_is_open() { # NAMESPACE: somebody has the port of multicast DNS
  ip netns exec "$1" cat /proc/net/udp /proc/net/udp6 | grep -q ':14E9 '
}
rule 'both stop' stop alice
rule 'and the other, too' stop bob
move "$left" 10.9.3.1/24 && move "$right" 10.9.3.2/24
rule 'one starts without discovery' launch_bob --discover no
rule 'the other with it' launch_alice
rule 'which is heard, as often as it is announced' await hears 10.9.3.1 3
rule 'the first has said nothing in all that time' test "$(grep -c '^10\.9\.3\.2 ' "$work/heard")" -eq 0
rule 'it does not even listen' not port_is_open "$right"
rule 'as the other does' port_is_open "$left"

# ---- who joins finds the inviter, wherever that is now

rule 'both stop' stop alice
rule 'and the other, too' stop bob
launch_alice
rule 'an invite is made' sh -c '"$1" --data "$2" invite >"$3"' sh "$build/topo" "$work/alice" "$work/link"
rule 'its author moves' stop alice
move "$left" 10.9.4.1/24 && move "$right" 10.9.4.2/24
rule 'and starts elsewhere' launch_alice
launch_carol() { run="ip netns exec $right" bind='[::]:0' launch carol "$@"; }
rule 'somebody without a workspace starts' launch_carol
rule 'hears of the author' await hears 10.9.4.1 3
rule 'and joins by the invite, which says where the author was' joins carol
rule 'both meet' await meets alice Carol

# ---- on two networks there are two names

rule 'a second cable is laid' lay spare 10.9.5
rule 'the node is heard there' await hears 10.9.5.1 1
rule 'so is the other' await hears 10.9.5.2 1
rule 'no name is known on both' test -z "$(
  { names_of 10.9.4.1; names_of 10.9.5.1; names_of 10.9.4.2; names_of 10.9.5.2; } | sort | uniq -d)"
rule 'there are four of them' test "$(
  { names_of 10.9.4.1; names_of 10.9.5.1; names_of 10.9.4.2; names_of 10.9.5.2; } | wc -l)" -eq 4

# ---- the port is somebody else's alone

rule 'one stops' stop carol
ip netns exec "$right" "$build/tests/smoke/lan_ear" cable hold >"$work/held" &
echo $! >"$work/hold.pid"
rule 'another program takes the port for itself' await grep -q ready "$work/held"
rule 'the one starts all the same' launch_carol
rule 'and says what it does without' grep -q 'UDP port 5353' "$work/carol.log"
rule 'it can be asked' topo carol status
