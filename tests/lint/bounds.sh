#!/bin/sh
# bounds.sh - a constant that is called a bound limits something, and a test stands at its edge.
#
#   bounds.sh           the rules
#   bounds.sh --write   writes the lists of exceptions anew, for a tree in which bounds were renamed
. "$(dirname "$0")/tap.sh"

if [ "${1:-}" = --write ]; then
  node "$here/bounds.mjs" --write
  exit
fi

breaches=$(module bounds.mjs)
rule 'every bound is used' "$(pick used)"
rule 'every bound is named by a test' "$(pick tested)"
rule 'the lists of exceptions only shrink' "$(pick lists)"
finish
