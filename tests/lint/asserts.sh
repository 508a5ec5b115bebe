#!/bin/sh
# asserts.sh - an assertion does nothing but ask, and there are enough of them where state is kept.
. "$(dirname "$0")/tap.sh"

# Assertions for 1,000 lines that are not blank, in each of the rooms; bare NULL checks do not count.
floor=15
rooms='dag sync store node'

# shellcheck disable=SC2086 # the rooms are words
breaches=$(module asserts.mjs "$floor" $rooms)
rule 'no assertion has a side effect' "$(pick pure)"
rule "there are $floor assertions for 1,000 lines in each of $rooms" "$(pick density)"
finish
