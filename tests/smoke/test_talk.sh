#!/bin/sh
# test_talk.sh - two daemons over loopback QUIC: a workspace, an invite, messages and reactions both
# ways, and either of them killed in the middle. Both end in the same state.
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

rule 'a daemon starts in an empty folder' launch alice
rule 'and so does another' launch bob
reads_members() { # NAME TEXT
  topo "$1" members | grep -qF -e "$2"
}
counts_members() { # NAME N
  topo "$1" members >"$work/.members"
  cat "$work/.members"
  [ "$(grep -c . "$work/.members")" -eq "$2" ]
}
has_one_space() {
  [ "$(topo "$1" workspace list | grep -c .)" -eq 1 ]
}
moved() { # FROM TO
  topo "$1" invite >"$work/link" && topo "$2" join --user Nobody --wait 5 <"$work/link"
}
synced() {
  topo "$1" --json sync | grep -qF '"state":"synced"'
}
rule 'a workspace is founded' topo alice workspace create 'Tea house' --user Alice
rule 'one who is invited becomes a member' invite alice bob Bob
lists() { # NAME TEXT
  topo "$1" workspace list | grep -qF -e "$2"
}
rule 'the member sees the name of the workspace' lists bob 'Tea house as Bob'

rule 'a message is sent' topo alice send 'The kettle is on.'
rule 'and reaches the other side' await reads bob 'Alice: The kettle is on.'
rule 'an answer is sent' topo bob send 'Two minutes.'
rule 'and reaches the first side' await reads alice 'Bob: Two minutes.'

message=$(topo bob read | sed -n 's/^\([^ ]*\) .*kettle.*/\1/p')
rule 'a reaction is added' topo bob react "$message" '🫖'
rule 'and is seen by the author' await reads alice '🫖'
rule 'both daemons have the same state' await agree alice bob

crash alice
rule 'one is killed, the other goes on writing' topo bob send 'Are you there?'
rule 'the killed one starts again' launch alice
rule 'and gets what it missed' await reads alice 'Are you there?'
rule 'and has all it had' reads alice 'The kettle is on.'
crash bob
rule 'the other is killed, the first goes on writing' topo alice send 'Yes. Are you?'
rule 'the other starts again' launch bob
rule 'and gets what it missed too' await reads bob 'Yes. Are you?'
rule 'both daemons have the same state again' await agree alice bob

rule 'a third joins by the invite of one who was invited' launch carol
rule 'over another daemon than the founder' invite bob carol Carol
rule 'and reads what was said before' await reads carol 'The kettle is on.'
enters_again() { # NAME
  topo "$1" join --user Mallory --wait 1 <"$work/link"
}
rule 'whoever joined by it may open it again' enters_again carol
rule 'and is nobody else by that' not reads_members carol Mallory
rule 'a fourth starts' launch dave
rule 'a used invite lets nobody in' not enters_again dave
rule 'and whoever tries it is told' await lists dave 'the invite was refused: it may be used or expired'
rule 'a fresh one takes its place' invite bob dave Dave
rule 'in the same space' has_one_space dave

# Both move: each has an address now that the other never saw, so neither finds the other.
rule 'two of them stop' stop alice
rule 'and' stop bob
rule 'the others do, too' stop carol
rule 'all of them' stop dave
rule 'the two start again at other addresses' launch alice
rule 'and' launch bob
rule 'a link of the one' moved alice bob
rule 'brings the other back' await synced bob
rule 'what is said' topo bob send 'New place, same tea.'
rule 'arrives' await reads alice 'New place, same tea.'
rule 'nobody was added' counts_members alice 4

rule 'a daemon that is told to stop leaves nothing behind' stop alice
rule 'nor does the other' stop bob

