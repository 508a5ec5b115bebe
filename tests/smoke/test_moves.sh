#!/bin/sh
# test_moves.sh - six daemons on six machines, each with bridges of containers beside its card: one
# moves, then another, the one who invited all of them goes away and comes back elsewhere. After each
# change all that are there are in step again. How long that took is printed and decides nothing.
# The networks are of this test alone, in namespaces that end with it.
if [ -z "${TOPO_NETWORKS:-}" ]; then
  unshare -rn ip link add type veth >/dev/null 2>&1 || {
    echo '1..0 # SKIP this needs network namespaces, and ip of iproute2'
    exit 0
  }
  TOPO_NETWORKS=1 exec unshare -rn sh "$0"
fi
AWAIT_S=180 # generous: what is awaited takes some seconds, unless the machine is busy
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"
bind='[::]:0'
all='alice bob carol dave erin frank'

# A machine for each: a process that keeps its namespace, with a cable to the switch between them.
machine=0
ip link set lo up
ip link add switch type bridge && ip link set switch up
for name in $all; do
  machine=$((machine + 1))
  mkfifo "$work/$name.keep" "$work/$name.there"
  unshare -n sh -c 'echo there >"$1"; read -r end <"$2"' sh "$work/$name.there" "$work/$name.keep" &
  echo $! >"$work/$name.machine.pid"
  read -r _ <"$work/$name.there"
  ip link add "cable$machine" type veth peer name card netns "$(cat "$work/$name.machine.pid")"
  ip link set "cable$machine" master switch up
done
at() { # NAME COMMAND...: runs a command on the machine of that name
  where=$(cat "$work/$1.machine.pid")
  shift
  nsenter -t "$where" -n "$@"
}
settle() { # NAME ADDRESS: this is its address now, and no other one
  at "$1" ip -4 addr flush dev card
  at "$1" ip addr add "10.77.0.$2/24" dev card
  at "$1" ip route replace default via 10.77.0.254
}
machine=0
for name in $all; do
  machine=$((machine + 1))
  at "$name" ip link set lo up
  at "$name" ip link set card up
  for i in 1 2 3; do
    at "$name" ip link add "br-$i" type bridge
    at "$name" ip addr add "172.17.$i.1/24" dev "br-$i"
    at "$name" ip link set "br-$i" up
  done
  settle "$name" "$machine"
done
start() { # NAME
  run="at $1"
  launch "$1" --discover no # they find each other by what they tell, not by the cable
  started=$?
  unset run
  return $started
}

is_synced() { # NAME
  topo "$1" --json sync | grep -q '"state":"synced"'
}
in_step() { # NAME...: each is synced, and they agree
  for one in "$@"; do
    is_synced "$one" || return
    agree "$1" "$one" || return
  done
}
# everybody_reads TEXT NAME...: says it when the last of them does, and how long that took.
everybody_reads() {
  began=$(date +%s)
  text=$1
  shift
  for one in "$@"; do
    await reads "$one" "$text" || return
  done
  await in_step "$@" || return
  echo "# $(($(date +%s) - began)) s until all read '$text' and were in step" >&3
}
exec 3>&1

rule 'one starts' start alice
rule 'and founds a workspace' topo alice workspace create 'Tea house' --user Alice
for name in bob carol dave erin frank; do
  start "$name" && invite alice "$name" "$name" >/dev/null || echo "# $name did not join"
done
topo frank send 'All are here.' >"$work/.sent"
rule 'five others join' everybody_reads 'All are here.' $all

settle bob 12
topo bob send 'I have moved.' >"$work/.sent"
rule 'one moves, and is in step with all' everybody_reads 'I have moved.' $all

settle carol 13
topo carol send 'So have I.' >"$work/.sent"
rule 'and so is another who moves' everybody_reads 'So have I.' $all

rule 'the one who invited all goes away' stop alice
topo dave send 'Where is Alice?' >"$work/.sent"
rule 'the others stay in step' everybody_reads 'Where is Alice?' bob carol dave erin frank

settle dave 14
topo erin send 'Dave has moved.' >"$work/.sent"
rule 'one of them moves meanwhile' everybody_reads 'Dave has moved.' bob carol dave erin frank

settle alice 11
rule 'she comes back elsewhere' start alice
topo alice send 'Here I am.' >"$work/.sent"
rule 'and all are in step' everybody_reads 'Here I am.' $all
for name in $all; do
  rule "$name ends without complaint" stop "$name"
  echo end >"$work/$name.keep"
done
