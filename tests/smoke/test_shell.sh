#!/bin/sh
# test_shell.sh - a program that runs topod: the line it gets, the way in, the end of its input; and
# a TCP port that somebody else has.
. "${TOPO_SRCDIR:-.}/tests/smoke/daemons.sh"

mkfifo "$work/in" "$work/out"
"$build/topod" --data "$work/alice" --bind 127.0.0.1:0 --shell --listen 127.0.0.1:0 \
  <"$work/in" >"$work/out" 2>"$work/alice.log" &
echo $! >"$work/alice.pid"
exec 4>"$work/in"
read -r line <"$work/out"
echo "$line" >"$work/line"
port=$(sed -n 's/.*"port":\([0-9]*\).*/\1/p' "$work/line")
code=$(sed -n 's/.*"code":"\([^"]*\)".*/\1/p' "$work/line")
rule 'one line of JSON says that it is ready' \
  grep -q '^{"v":1,"port":[1-9][0-9]*,"pid":[1-9][0-9]*,"build":"[0-9.]*","code":"[A-Za-z0-9_-]*"}$' "$work/line"

get() { # PATH [CURL OPTION...]: the status and the body
  path=$1
  shift
  curl -s -w '%{http_code}' "$@" "http://127.0.0.1:$port$path" >"$work/answer"
}
answers() { # STATUS TEXT
  grep -q "$2.*$1\$" "$work/answer" || { cat "$work/answer"; false; }
}
get /healthz
rule 'the port that it names answers' answers 200 '"ok":true'
get /v1/status
rule 'without a token nothing is told' answers 401 unauthenticated
get /v1/status -H 'Host: rebound.example'
rule 'under another name nothing is, either' answers 421 wrong-host
printf '{"code":"%s"}' "$code" >"$work/code"
get /v1/sessions -H 'Content-Type: application/json' -d @"$work/code"
rule 'the code is traded for a token' answers 201 '"token":"topo_'
token=$(sed -n 's/.*"token":"\([^"]*\)".*/\1/p' "$work/answer")
printf 'header = "Authorization: Bearer %s"\n' "$token" >"$work/curlrc"
get /v1/status -K "$work/curlrc"
rule 'which opens the rest' answers 200 '"version"'
get /v1/sessions -H 'Content-Type: application/json' -d @"$work/code"
rule 'and the code was good once' answers 401 unauthenticated
curl -sN -K "$work/curlrc" "http://127.0.0.1:$port/v1/events/ws" >"$work/answer"
rule 'the path of the WebSocket asks for one' grep -q upgrade-required "$work/answer"

rule 'a TCP port that is in use is refused' not launch bob --listen "127.0.0.1:$port"
rule 'and the option that helps is named' says bob "TCP port $port is in use by another program"
rule 'with its form' says bob '--listen ADDR:PORT'

exec 4>&-
wait "$(cat "$work/alice.pid")"
rule 'the end of its input is the end' [ $? -eq 0 ]
rm -f "$work/alice.pid"
rule 'which it says' grep -q 'the end of standard input' "$work/alice.log"
printf '%s\n' "$code" "$token" >"$work/secrets"
rule 'no token and no code is in its log' not grep -qF -f "$work/secrets" "$work/alice.log"
finish
