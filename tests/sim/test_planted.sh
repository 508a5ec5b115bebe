#!/bin/sh
# Every fault that plant.c can put in is found within a few seeds; without it the same seeds pass.
set -u
sim=${TOPO_BUILDDIR:-.}/tests/sim/topo-sim
seeds=3
points=0

run() { # NAME ARGUMENT...
  points=$((points + 1))
  name=$1
  shift
  if out=$("$sim" --profile pair --seeds $seeds "$@" 2>&1); then
    echo "ok $points - $name"
  else
    echo "not ok $points - $name"
  fi
  echo "$out" | tail -1 | sed 's/^/# /'
}

run "nothing is found where nothing was planted"
run "nor in a network of three builds" --profile mixed
run "sent and answered, and then not kept" --plant 1
run "an item forgotten by its set" --plant 2
run "an old database after a crash" --plant 3
run "bytes of a stream out of order" --plant 4
run "batches taken and not applied" --plant 5
run "a disk that lies about syncing" --plant 6
run "a flipped bit in a stream" --plant 7
run "a lost row of a projection" --plant 8
run "wants that are never answered" --plant 9
run "an accepted event written down as unauthorised" --plant 10
run "an admission lost from the table of admissions" --plant 11
run "an event filed under another time" --plant 12
run "an upgrade that judges again only what was accepted" --profile mixed --plant 13
echo "1..$points"
