#!/bin/sh
# test_reach.sh - members meet each other, not only whom they were invited by; and a folder that was
# copied and runs twice is told of. Real daemons over loopback.
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

launch alice && launch bob && launch carol
rule 'one founds a workspace' topo alice workspace create 'Tea house' --user Alice
rule 'and invites a second' invite alice bob Bob
rule 'and a third' invite alice carol Carol
rule 'something is said' topo bob send 'The kettle is on.'
rule 'and read' await reads carol 'The kettle is on.'

meets() { # NAME TEXT: the peer of that name is connected
  topo "$1" peers | grep -F -e "$2" | grep -q 'connected'
}
rule 'the two meet whom she invited' await meets bob Carol
rule 'she goes away' stop alice
rule 'the second says something' topo bob send 'Is anybody here?'
rule 'and the third reads it' await reads carol 'Is anybody here?'

launch dave
rule 'the second invites a fourth' invite bob dave Dave
rule 'who says something' topo dave send 'I am new.'
rule 'which the third reads, too' await reads carol 'I am new.'
rule 'both know the same' await agree carol dave

launch alice
rule 'she comes back and gets what she missed' await reads alice 'I am new.'
rule 'and meets whom she has never met' await meets dave Alice

# Two of one folder. What either says gets through, and one of them says what is the matter.
stop carol && cp -R "$work/carol" "$work/copy"
rm -f "$work/copy/lock" "$work/copy/topod.sock"
launch carol && launch copy
rule 'a copy of a folder is started' topo copy send 'I am the copy.'
rule 'beside the original' topo carol send 'I am the original.'
rule 'what the copy says arrives' await reads alice 'I am the copy.'
rule 'and what the original says' await reads alice 'I am the original.'
is_told() {
  topo carol --json sync >"$work/told"
  topo copy --json sync >>"$work/told"
  cat "$work/told"
  grep -q 'this device runs twice' "$work/told"
}
in_list() {
  topo carol status | grep -q 'this device runs twice' || topo copy status | grep -q 'this device runs twice'
}
rule 'that this runs twice is told' await is_told
rule 'in the list of workspaces, too' await in_list
for name in alice bob carol copy dave; do
  rule "$name ends without complaint" stop "$name"
done
