#!/bin/sh
# Replays the seeds that once failed (seeds/*.txt), and one seed of each profile twice: the second
# run must take the same way, or no seed could be replayed at all.
set -u
srcdir=${TOPO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
sim=${TOPO_BUILDDIR:-.}/tests/sim/topo-sim
points=0

run() { # NAME ARGUMENT...
  points=$((points + 1))
  name=$1
  shift
  if out=$("$sim" "$@" 2>&1); then
    echo "ok $points - $name"
  else
    echo "not ok $points - $name"
    echo "$out" | tail -5 | sed 's/^/# /'
  fi
}

for profile in pair trio crowd storm mixed; do
  run "$profile repeats itself" --profile $profile --seed 7 --twice
done
run "of eighty hosts with twelve connections each nobody is kept out" \
  --profile town --seed 1 --actions 40
for list in "$srcdir"/tests/sim/seeds/*.txt; do
  while read -r profile seed why; do
    case $profile in '' | '#'*) continue ;; esac
    run "$profile $seed: $why" --profile "$profile" --seed "$seed"
  done <"$list"
done
echo "1..$points"
