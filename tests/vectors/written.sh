#!/bin/sh
# written.sh - docs/vectors holds what the program writes.
. "$(dirname "$0")/../lint/tap.sh"
cd "$srcdir" || exit 1
fresh=$(mktemp -d "${TMPDIR:-/tmp}/topo-vectors.XXXXXX") || exit 1
trap 'rm -rf "$fresh"' EXIT
trap 'exit 1' HUP INT TERM

said=$("$builddir/tests/vectors/make_vectors" "$fresh" 2>&1) || said=${said:-make_vectors fails and says nothing}
rule 'the vectors can be written' "$said"
rule 'what is written is committed: `make vectors` changes nothing' "$(
  (cd "$fresh" && ls) | while read -r file; do
    cmp -s "$fresh/$file" "docs/vectors/$file" || echo "docs/vectors/$file: is not what make_vectors writes: run make vectors"
  done
  for file in docs/vectors/*.json; do
    [ -e "$fresh/${file##*/}" ] || echo "$file: nothing writes this file"
  done)"
finish
