#!/bin/sh
# circles.sh - files that include or use each other in a circle can only be understood together, so there
# are ever fewer of these circles. What a circle is stands in graph.mjs; `node tests/lint/circles.mjs --why`
# says what holds each of them together. The log of this lint shows the whole drawing (`make draw`).
. "$(dirname "$0")/tap.sh"

# How many circles there are. The number only falls.
most=0
# The folders of src/ in which no file is part of a circle.
free='base port crypto sync store dag api views events node net sys gateway daemon cli'

# shellcheck disable=SC2086 # the folders are words
breaches=$(module circles.mjs "$most" $free)
rule "there are no more than $most circles in src" "$(pick most)"
rule 'no circle was opened without the number in circles.sh being lowered' "$(pick fewer)"
rule "no circle goes through the folders: ${free:-none yet}" "$(pick free)"
rule 'the tree can be drawn' "$(pick failed; module draw.mjs >/dev/null)"
module draw.mjs | sed 's/^/# /'
finish
