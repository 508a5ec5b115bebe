#!/bin/sh
# walks.sh - the walks of docs/architecture.md lead through the code that is there: each function is defined
# in the file that it stands under, and each walk says how many it names.
. "$(dirname "$0")/tap.sh"

document=docs/architecture.md

# What the walks name, a line each: `walk line file function`, or `walk line hand-over`. A name that ends in
# .c is a file, and the names behind it are functions of it.
named() {
  "$awk" '
    /^## / { inside = $0 == "## Two walks" }
    inside && /^### / { walk++ }
    inside && /^\*\*Hand-over/ { print walk, FNR, "hand-over" }
    inside && /^[0-9]+\. / {
      rest = $0
      while (match(rest, /`[^`]+`/)) {
        name = substr(rest, RSTART + 1, RLENGTH - 2)
        rest = substr(rest, RSTART + RLENGTH)
        if (name ~ /\.c$/) file = name
        else print walk, FNR, file, name
      }
    }' "$document"
}

# The sentence that each walk ought to hold.
counts() {
  named | "$awk" '
    $3 == "hand-over" { over[$1]++; next }
    !seen[$1, $3]++ { files[$1]++ }
    !seen[$1, $3, $4]++ { functions[$1]++ }
    END {
      for (walk in files)
        print functions[walk] " functions in " files[walk] " files, " over[walk] + 0 " hand-overs"
    }'
}

rule 'each function of a walk is defined in the file that it stands under' "$(
  [ "$(counts | wc -l)" -eq 2 ] || echo "$document:1: there are no two walks"
  named | while read -r _ line file name; do
    [ "$file" = hand-over ] || grep -qsE "^[a-z][a-zA-Z_0-9 *]*[ *]$name\(.*[^;]\$" "src/$file" ||
      echo "$document:$line: src/$file does not define $name"
  done)"
rule 'each walk says how long it is' "$(
  counts | while read -r sentence; do
    grep -qF "$sentence" "$document" || echo "$document:1: a walk has $sentence, and does not say so"
  done)"
finish
