#!/bin/sh
# test_given.sh - two members who have both moved find each other by an address that somebody gives to one
# of them: without saying whose it is, or with it. Real daemons over loopback.
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

reached_at() { # NAME: where the daemon is reached, of which nobody else hears
  topo "$1" --json status | member udp_address
}
says_of() { # NAME OTHER WORD: the peer of that name is said to be that
  topo "$1" peers
  topo "$1" peers | grep -F -e "$2" | grep -q -e "$3"
}
move() { # NAME NAME: both restart, at ports that the other one does not know
  stop "$1" && stop "$2" && begin "$1" && begin "$2"
}

begin() { # NAME: nobody finds it by the cable
  launch "$1" --discover no
}
begin alice && begin bob && begin carol
rule 'one founds a workspace' topo alice workspace create 'Tea house' --user Alice
rule 'and invites a second' invite alice bob Bob
rule 'and a third' invite alice carol Carol
rule 'all know each other' await says_of bob Carol connected
rule 'the third goes away' stop carol

rule 'the others move' move alice bob
rule 'they do not find each other' await says_of alice Bob 'away.*unreachable'
rule 'what one says meanwhile' topo bob send 'Where are you?'
rule 'one is told where the other is, by address alone' topo alice peers add "$(reached_at bob)"
rule 'and finds it' await says_of alice Bob connected
rule 'and hears what was said' await reads alice 'Where are you?'
rule 'that it is the address of a device is told' says_of alice "$(reached_at bob)" 'is the address of'
rule 'and kept' says_of alice "$(reached_at bob)" 'given by hand'

given=$(reached_at bob)
rule 'they move again' move alice bob
rule 'what was given is there after a restart' says_of alice "$given" 'given by hand'
rule 'and is taken back' topo alice peers forget "$given"
rule 'and gone' not says_of alice "$given" 'given by hand'
rule 'they do not find each other again' await says_of bob Alice 'away.*unreachable'
rule 'the other is told where the one is, by name' topo bob peers add "$(reached_at alice)" Alice
rule 'and finds it, too' await says_of bob Alice connected
rule 'both know the same' await agree alice bob

rule 'where nobody is, nobody is found' topo alice peers add 127.0.0.1:9
rule 'and why is told' await says_of alice 127.0.0.1:9 'nobody.*unreachable'
rule 'who is away is dialled at once' topo alice peers dial Carol
rule 'a name that nobody has is refused' not topo alice peers dial Dave
rule 'a name of the network is refused' not topo alice peers add localhost:9
for name in alice bob; do
  rule "$name ends without complaint" stop "$name"
done
