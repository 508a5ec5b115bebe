#!/bin/sh
# test_refusals.sh - what goes wrong around a daemon is told in a sentence that names the remedy, and
# what is wrong with one space does not stop the others.
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

lists() { # NAME TEXT
  topo "$1" workspace list >"$work/.list"
  cat "$work/.list"
  grep -qF -e "$2" "$work/.list"
}

rule 'a daemon starts' launch alice
pid=$(cat "$work/alice.pid")
rule 'a second daemon in its folder does not' not launch alice
echo "$pid" >"$work/alice.pid"
rule 'it names the process that is in the way' says alice "process $pid"
rule 'and the remedies' says alice '`topo stop`, or choose another folder with --data'
rule 'the first is as it was' topo alice status

port=$(topo alice --json status | sed -n 's/.*"udp_address":"[^"]*:\([0-9]*\)".*/\1/p')
bind=127.0.0.1:$port
rule 'a port that is in use is refused' not launch bob
rule 'and the option that helps is named' says bob 'is in use by another program'
rule 'with its form' says bob '--bind ADDR:PORT'
bind=192.0.2.1:0
rule 'an address of another machine is refused' not launch bob
rule 'and the option that helps is named' says bob '--bind'
unset bind
rule 'an address that is none is refused' not launch bob --bind nonsense
rule 'an option that is none is refused' not launch bob --frobnicate
rule 'a value that is missing is refused' not launch bob --socket
mkdir "$work/eve" && chmod 777 "$work/eve"
rule 'a folder that others may write to is refused' not launch eve
rule 'and the remedy is named' says eve 'chmod 700'

rule 'two workspaces are founded in one daemon' topo alice workspace create First --user Alice
rule 'the second too' topo alice workspace create Second --user Alice
damaged=$(cd "$work/alice/spaces" && echo *.db | sed 's/ .*//')
rule 'the daemon stops' stop alice
rule 'one of the files is damaged' \
  dd if=/dev/zero of="$work/alice/spaces/$damaged" bs=4096 count=1 conv=notrunc
echo half >"$work/alice/spaces/new-0123.db"
rule 'the daemon starts all the same' launch alice
rule 'what a crash left half made is gone' test ! -e "$work/alice/spaces/new-0123.db"
rule 'the damaged space is reported' lists alice 'error: The database file is damaged'
sound=First
topo alice workspace list | grep -q Second && sound=Second
rule 'the other one works' topo alice --space "$sound" send 'Still here.'
rule 'and stops' stop alice
rule 'the damaged file was not touched' test -e "$work/alice/spaces/$damaged"

rule 'a daemon whose registry is damaged' \
  dd if=/dev/zero of="$work/alice/node.db" bs=4096 count=1 conv=notrunc
rule 'does not start' not launch alice
rule 'and says which file it is' says alice 'node.db'
rm -f "$work/alice/node.db"
rule 'without its registry it starts' launch alice
rule 'and finds the space again' lists alice "$sound as Alice"
rule 'and stops' stop alice

rule 'a daemon starts' launch carol
echo 'topo://join/AAAA' >"$work/link"
enters() {
  topo carol join --user Carol --wait 1 <"$work/link"
}
rule 'a link that is none is refused' not enters
rule 'and stops' stop carol
