#!/bin/sh
# test_follow.sh - those who follow a node (topo tail, topo events tail, the client of docs/api.md) miss nothing
# and are told nothing twice while it is killed and started again; and the examples of docs/api.md run.
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

# The examples of the guide in a language.
example() {
  awk -v fence="\`\`\`$1" '$0 == fence { on = 1; next } /^```/ { on = 0 } on' \
    "${TOPO_SRCDIR:-.}/docs/api.md"
}
says() { # FILE TEXT: it is in the file just once
  [ "$(grep -cF -e "$2" "$work/$1")" = 1 ]
}
holds() {
  grep -qF -e "$2" "$work/$1"
}
address() {
  topo alice --json status | member http_address
}

rule 'a daemon starts with a port for programs' launch alice --listen 127.0.0.1:0
rule 'a workspace is founded' topo alice workspace create 'Tea house' --user Alice
rule 'a message is sent' topo alice send 'The kettle is on.'
listen=$(address)
space=$(topo alice --json workspace list | member space)
channel=$(topo alice --json channels | member channel)

example js >"$work/follow.mjs"
"$build/topo" --data "$work/alice" tail >"$work/tail" 2>"$work/tail.err" &
echo $! >"$work/tail.pid"
"$build/topo" --data "$work/alice" events tail --types message >"$work/events" 2>"$work/events.err" &
echo $! >"$work/events.pid"
node "$work/follow.mjs" "$work/alice/admin-token" "$space" "$channel" "http://$listen" \
  >"$work/client" 2>"$work/client.err" &
echo $! >"$work/client.pid"
rule 'tail shows what was said' await says tail 'Alice: The kettle is on.'
rule 'the client of the guide shows it' await holds client 'Alice: The kettle is on.'
rule 'events are followed' await says events '"type":"ready"'
rule 'another message is sent' topo alice send 'Two minutes.'
rule 'and shown by tail' await says tail 'Alice: Two minutes.'
rule 'and by the client' await holds client 'Alice: Two minutes.'
rule 'and told as an event' await says events '"text":"Two minutes."'

crash alice
rule 'whoever follows says that the daemon is gone' await says tail.err 'the daemon is gone'
rule 'it starts again' launch alice --listen "$listen"
rule 'a message is sent before anybody is back' topo alice send 'It boils.'
rule 'and shown by tail' await says tail 'Alice: It boils.'
rule 'and by the client' await holds client 'Alice: It boils.'
rule 'and told as an event' await says events '"text":"It boils."'
rule 'what was shown before is not shown again' says tail 'Alice: Two minutes.'
rule 'nor told again' says events '"text":"Two minutes."'

guide() {
  example sh >"$work/guide.sh"
  TOPO_NODE=http://$listen TOPO_DATA=$work/alice sh -eu "$work/guide.sh" >"$work/guide" 2>&1
}
rule 'the examples of the guide run' guide
rule 'a write with the same key is answered as before' test "$(
  grep -F '"text":"Is the kettle on?"' "$work/guide" | sort -u | wc -l)" = 1
rule 'what was written after a page is in the stream from there' says guide '"text":"It is."'
rule 'and the write with the key was made once' await says tail 'Alice: Is the kettle on?'

opens() {
  topo alice open >"$work/link" && grep -q "^http://$listen/#c=" "$work/link"
}
rule 'open prints the link of the page' opens
code=$(sed 's/.*#c=//' "$work/link")
trade() {
  printf '{"code":"%s"}' "$code" |
    curl -sS --fail-with-body --json @- "http://$listen/v1/sessions" >"$work/session"
}
rule 'its code is good for a token' trade
rule 'once' not trade
rule 'a token is made' topo alice tokens create bot --scope read
rule 'and listed' sh -c "'$build/topo' --data '$work/alice' tokens list | grep -F '  bot  read'"

rule 'the daemon stops while it is followed' stop alice
