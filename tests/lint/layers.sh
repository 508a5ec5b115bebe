#!/bin/sh
# layers.sh - every include in src/ obeys src/LAYERS, so a room is understood from those beneath it.
. "$(dirname "$0")/tap.sh"

breaches=$(find src -type f -name '*.[ch]' | sort | xargs "$awk" -f "$here/layers.awk" src/LAYERS)
pick() {
  echo "$breaches" | sed -n "s/^$1 //p"
}
rule 'quoted includes name their room, and a room that LAYERS allows' "$(pick room)"
rule 'headers of libraries stay in the rooms that own them' "$(pick library)"
rule 'event types include siblings by <type>_read.h alone' "$(pick sibling)"
rule 'LAYERS names every room once, after the rooms that it includes' "$(
  pick layers
  for folder in src/*/; do
    room=$(basename "$folder")
    grep -q "^$room:" src/LAYERS || echo "src/LAYERS:1: the room $room is not named"
  done)"
finish
