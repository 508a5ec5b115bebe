#!/bin/sh
# test_networks.sh - where a node can be reached: on a machine with many interfaces, on one whose
# network comes and goes while the daemon runs, and among neighbours that have link-local addresses
# only. The networks are of this test alone, in namespaces that end with it.
if [ -z "${TOPO_NETWORKS:-}" ]; then
  unshare -rn ip link add type veth >/dev/null 2>&1 || {
    echo '1..0 # SKIP this needs network namespaces, and ip of iproute2'
    exit 0
  }
  TOPO_NETWORKS=1 exec unshare -rn sh "$0"
fi
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"
bind='[::]:0'

# Another machine: a process that keeps its namespace. What runs there is run by `there`.
mkfifo "$work/.keep" "$work/.there"
unshare -n sh -c 'echo there >"$1"; read -r end <"$2"' sh "$work/.there" "$work/.keep" &
other=$!
echo "$other" >"$work/.other.pid"
read -r _ <"$work/.there"
there() {
  nsenter -t "$other" -n "$@"
}
for where in '' there; do
  $where ip link set lo up
done

addresses() { # NAME [OPTION...]: what its invites say
  topo "$@" --json invite | sed -n 's/.*"addresses":\[\(.*\)\],"role".*/\1/p' | tr ',' '\n' | tr -d '"'
}
first() { # NAME PREFIX: the first address begins with it
  addresses "$1" >"$work/.addresses"
  cat "$work/.addresses"
  head -n 1 "$work/.addresses" | grep -qF -e "$2"
}
last() { # NAME PREFIX
  addresses "$1" >"$work/.addresses"
  cat "$work/.addresses"
  tail -n 1 "$work/.addresses" | grep -qF -e "$2"
}
names() { # NAME TEXT: an address contains it
  addresses "$1" >"$work/.addresses"
  cat "$work/.addresses"
  grep -qF -e "$2" "$work/.addresses"
}
counts() { # NAME N
  [ "$(addresses "$1" | grep -c .)" -eq "$2" ]
}
warns() { # NAME: making an invite says that nobody can use it
  topo "$1" invite 2>"$work/.warning" >/dev/null
  cat "$work/.warning"
  grep -qF 'this link names no address at which others could reach this node' "$work/.warning"
}
reached() { # NAME TEXT: what status says of it
  topo "$1" status >"$work/.status"
  cat "$work/.status"
  grep -qF -e "reached at  $2" "$work/.status"
}

come_in() { # NAME TEXT: who has, as the status says
  topo "$1" status >"$work/.status"
  cat "$work/.status"
  grep -qF -e "reached by  $2" "$work/.status"
}

# A daemon that is there before the network.
rule 'a daemon starts without a network' launch alice --discover no
rule 'a workspace is founded' topo alice workspace create 'Tea house' --user Alice
rule 'its links name no address, and whoever makes one is told' warns alice
rule 'and so does the status say' reached alice 'nowhere: this node has no address at which others'

# More bridges of containers than a link has room for, and then a card with the way out.
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
  ip link add "br-$i" type bridge && ip addr add "172.17.$i.1/24" dev "br-$i" &&
    ip link set "br-$i" up
done
rule 'the addresses of bridges are told when there are no others' await counts alice 16
ip link add wlan0 type veth peer name wlan0 netns "$other"
ip addr add 192.168.7.5/24 dev wlan0
ip link set wlan0 up
there ip addr add 192.168.7.6/24 dev wlan0
there ip link set wlan0 up
ip route add default via 192.168.7.1
rule 'one with the way out comes before them' await first alice 192.168.7.5:
rule 'and as many are told as have room' counts alice 16
rule 'the status says the same' reached alice 192.168.7.5:
rule 'and that nobody has come in yet' come_in alice 'nobody else yet'
rule 'one that did not fit is not' not names alice 172.17.18.1:
run=there
rule 'a neighbour starts a daemon' launch bob --discover no
unset run
rule 'and joins' invite alice bob Bob
rule 'a message reaches it' topo alice send 'The kettle is on.'
rule 'within a moment' await reads bob 'The kettle is on.'
rule 'that somebody of the network has come in is told' await come_in alice 'others in a private network'

# What is gone is not told any more; what is new is.
ip addr del 192.168.7.5/24 dev wlan0
ip addr add 192.168.7.9/24 dev wlan0
ip route add default via 192.168.7.1
rule 'a new address takes the place of the old one' await first alice 192.168.7.9:
rule 'the old one is forgotten' not names alice 192.168.7.5:
rule 'a space that is founded now knows the address, too' \
  topo alice workspace create 'Garden' --user Alice
say_both() {
  addresses alice --space Garden | grep -qF 192.168.7.9: &&
    addresses alice --space 'Tea house' | grep -qF 192.168.7.9:
}
rule 'as the other does' say_both

# More changes than the kernel keeps for whoever does not listen.
i=0
while [ $i -lt 1000 ]; do
  i=$((i + 1))
  echo "addr add 10.9.9.9/24 dev wlan0"
  echo "addr del 10.9.9.9/24 dev wlan0"
done >"$work/.changes"
kill -STOP "$(cat "$work/alice.pid")"
rule 'a thousand changes happen while the daemon sleeps' ip -batch "$work/.changes"
ip addr del 192.168.7.9/24 dev wlan0
ip addr add 192.168.7.10/24 dev wlan0
ip route add default via 192.168.7.1
kill -CONT "$(cat "$work/alice.pid")"
first_of() { # SPACE PREFIX
  addresses alice --space "$1" | head -n 1 | grep -qF -e "$2"
}
rule 'it knows what came of them' await first_of Garden 192.168.7.10:
ip addr del 192.168.7.10/24 dev wlan0
ip addr add 192.168.7.11/24 dev wlan0
ip route add default via 192.168.7.1
rule 'and notices the next one' await first_of Garden 192.168.7.11:
rule 'the daemons stop' stop alice
rule 'both' stop bob

# Neighbours without any other address than those that every interface gives itself. The one who
# joins has another interface, where nobody answers.
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do
  ip link del "br-$i"
done
ip link del wlan0
there ip link add aaa0 type veth peer name aaa1
there ip link set aaa0 up
there ip link set aaa1 up multicast off
ip link add eth0 type veth peer name eth0 netns "$other"
ip link set eth0 up
there ip link set eth0 up
rule 'a daemon starts' launch carol --discover no
rule 'and founds a workspace' topo carol workspace create 'Shed' --user Carol
rule 'its links name its link-local address' await names carol '[fe80:'
run=there
rule 'a neighbour starts a daemon' launch dave --discover no
unset run
rule 'and joins' invite carol dave Dave
rule 'a message reaches it' topo carol send 'Mind the rake.'
rule 'by that address' await reads dave 'Mind the rake.'
ip addr add 2001:db8::5/64 dev eth0 nodad
rule 'an address that others can use comes before it' await first carol '[2001:db8::5]:'
rule 'and it stays the last' last carol '[fe80:'
rule 'the daemons stop' stop carol
rule 'both' stop dave
echo end >"$work/.keep"
