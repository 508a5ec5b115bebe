#!/bin/sh
# town.sh - so many real daemons over loopback, each with few connections: nobody is kept out, what
# one says reaches everybody, and nobody has more connections than it may. Not part of `make check`:
#
#   make check-town DAEMONS=80 PEERS=12
#
# How many connections there are, how far a message travels, and how long it took are printed.
AWAIT_S=600
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"
daemons=${1:-80}
peers=${2:-12}
began=$(date +%s)
exec 3>&1

seconds() {
  echo "# after $(($(date +%s) - began)) s: $1" >&3
}
numbers() { # FROM: the numbers of the daemons from there on
  seq "$1" "$daemons"
}
come_in() { # everybody starts, and joins by an invite of the first
  launch d1 --peers "$peers" || return
  topo d1 workspace create Town --user 'Daemon 1' >/dev/null || return
  for i in $(numbers 2); do
    launch "d$i" --peers "$peers" && invite d1 "d$i" "Daemon $i" >/dev/null || {
      echo "daemon $i did not come in"
      return 1
    }
  done
  seconds "$daemons daemons have joined"
}
all_read() { # TEXT
  for i in $(numbers 1); do
    await reads "d$i" "$1" || {
      echo "daemon $i does not read it"
      return 1
    }
  done
  seconds "all read '$1'"
}
in_step() {
  [ "$(for i in $(numbers 1); do fingerprint "d$i"; done | sort -u | wc -l)" -eq 1 ]
}
# A line for each connection: the number of the daemon, and the device at the other end.
connections() {
  for i in $(numbers 1); do
    topo "d$i" --json peers | tr '{' '\n' | sed -n "s/.*\"device\":\"\([^\"]*\)\".*\"connected\":true.*/$i \1/p"
  done
}
# The device of each daemon, as the workspace of the first one shows it.
devices() {
  for i in $(numbers 1); do
    topo "d$i" --json workspace list | sed -n "s/.*\"space\":\"\([^\"]*\)\".*/$i \1/p"
  done
}
within_bounds() { # each has a neighbour and not too many, and they are one network
  devices >"$work/devices"
  connections >"$work/connections"
  awk -v most="$peers" -v nodes="$daemons" '
    FNR == NR { number[$2] = $1; next }
    { a = $1; b = number[$2]; n[a]++; joined[a, b] = joined[b, a] = 1 }
    END {
      for (i = 1; i <= nodes; i++) {
        if (n[i] < 1 || n[i] > most) { print "daemon " i " has " n[i] + 0 " connections"; bad = 1 }
        total += n[i]
        if (n[i] > greatest) greatest = n[i]
      }
      for (from = 1; from <= nodes; from++) {
        split("", far); far[from] = 0; queue[1] = from; last = 1
        for (at = 1; at <= last; at++)
          for (i = 1; i <= nodes; i++)
            if (!(i in far) && ((queue[at], i) in joined)) { far[i] = far[queue[at]] + 1; queue[++last] = i }
        if (last < nodes) { print "daemon " from " has no way to " nodes - last " others"; bad = 1 }
        for (i in far) { sum += far[i]; if (far[i] > widest) widest = far[i] }
      }
      printf "# %.1f connections each, %d at most; %d hops at most, %.2f on average\n", total / nodes, greatest, widest, sum / (nodes * (nodes - 1))
      exit bad
    }' "$work/devices" "$work/connections" >"$work/network"
  good=$?
  cat "$work/network" >&3
  return $good
}

rule "$daemons daemons with $peers connections each come in" come_in
rule 'the first says something' topo d1 send 'Welcome.'
rule 'and all read it' all_read 'Welcome.'
rule 'so they do what the last one says' topo "d$daemons" send 'Thank you.'
rule 'which nobody misses' all_read 'Thank you.'
rule 'all know the same' await in_step
rule 'nobody has more connections than it may, and all are one network' await within_bounds
rule 'the first one goes away' stop d1
rule 'somebody else speaks' topo d2 send 'Anybody left?'
reads_without_the_first() {
  for i in $(numbers 2); do
    await reads "d$i" 'Anybody left?' || return
  done
  seconds 'all read it without the first'
}
rule 'and is heard by the others' reads_without_the_first
