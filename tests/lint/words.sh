#!/bin/sh
# words.sh - no marks of unfinished work: what is missing is either done or an issue, not a comment.
. "$(dirname "$0")/tap.sh"

# Written apart, so that this file does not hold what it looks for.
words="TO""DO|FIX""ME|XX""X|HA""CK"
rule 'no mark of unfinished work in src, tests and contrib' "$(
  find src tests contrib -name node_modules -prune -o -type f -exec grep -nIwE "$words" /dev/null {} + | sort)"
finish
