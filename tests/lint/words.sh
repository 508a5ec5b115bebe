#!/bin/sh
# words.sh - no marks of unfinished work: what is missing is either done or an issue, not a comment. And
# no retired words in identifiers (retired.mjs).
#
#   words.sh           the rules
#   words.sh --write   writes retired-identifiers.txt anew, for a tree in which words were replaced
. "$(dirname "$0")/tap.sh"

if [ "${1:-}" = --write ]; then
  node "$here/retired.mjs" --write
  exit
fi

# Written apart, so that this file does not hold what it looks for.
words="TO""DO|FIX""ME|XX""X|HA""CK"
rule 'no mark of unfinished work in src, tests and contrib' "$(
  find src tests contrib -name node_modules -prune -o -type f -exec grep -nIwE "$words" /dev/null {} + | sort)"
breaches=$(module retired.mjs)
rule 'no new identifier holds a retired word' "$(pick new)"
rule 'the list of identifiers that still hold one only shrinks' "$(pick known)"
finish
