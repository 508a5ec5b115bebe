# daemons.sh - sourced by the tests here: real daemons in folders of their own, driven with `topo`.
#
# Every daemon has a name; its data is in $work/NAME, what it wrote to standard error in
# $work/NAME.log. Ports are chosen by the system. Nothing sleeps for its own sake: `await` asks
# again until a condition holds or its time is over.
set -u
build=${TOPO_BUILDDIR:-.}
work=$(mktemp -d "${TMPDIR:-/tmp}/topo-smoke.XXXXXX") || exit 1
points=0
AWAIT_S=${AWAIT_S:-60}

point() { # RESULT DESCRIPTION
  points=$((points + 1))
  echo "$1 $points - $2"
}

# rule DESCRIPTION COMMAND...: one test point; what the command printed is shown when it fails.
rule() {
  description=$1
  shift
  if "$@" >"$work/.rule" 2>&1; then
    point ok "$description"
  else
    point 'not ok' "$description"
    sed 's/^/# /' "$work/.rule"
  fi
}

finish() {
  trap - EXIT
  for pid_file in "$work"/*.pid; do
    [ -e "$pid_file" ] && kill -9 "$(cat "$pid_file")" 2>/dev/null
  done
  wait
  if grep -l 'Sanitizer\|runtime error\|assertion' "$work"/*.log >"$work/.bad" 2>/dev/null; then
    point 'not ok' 'no daemon has anything to be ashamed of'
    sed 's/^/# /' $(cat "$work/.bad") | head -n 100
  else
    point ok 'no daemon has anything to be ashamed of'
  fi
  echo "1..$points"
  rm -rf "$work"
  exit 0
}
trap finish EXIT
trap 'exit 1' INT TERM

# await COMMAND...: true once the command is.
await() {
  until_s=$(($(date +%s) + AWAIT_S))
  until "$@" >/dev/null 2>&1; do
    [ "$(date +%s)" -lt "$until_s" ] || { "$@"; return; }
    sleep 0.05
  done
}

# launch NAME [OPTION...]: runs topod until it is ready; its first line to whoever waits for it is in
# $work/NAME.ready. False unless that is "ready". $run, when set, is a command that runs it.
launch() {
  name=$1
  shift
  rm -f "$work/$name.ready"
  mkfifo "$work/$name.ready" 2>/dev/null
  ${run:-} "$build/topod" --data "$work/$name" --bind "${bind:-127.0.0.1:0}" --listen none --ready-fd 3 "$@" \
    3>"$work/$name.ready" 2>>"$work/$name.log" &
  echo $! >"$work/$name.pid"
  read -r line <"$work/$name.ready" || line="the daemon died"
  rm -f "$work/$name.ready"
  echo "$line" >"$work/$name.ready"
  [ "$line" = ready ] && return
  wait "$(cat "$work/$name.pid")" # it holds its folder until it has ended
  return 1
}

# says NAME TEXT: is it in the line that whoever started the daemon got?
says() {
  cat "$work/$1.ready"
  grep -qF -e "$2" "$work/$1.ready"
}

# topo NAME ARGUMENT...
topo() {
  name=$1
  shift
  "$build/topo" --data "$work/$name" "$@"
}

# The value of a member of a JSON text that has it once.
member() {
  sed -n 's/.*"'"$1"'":"\{0,1\}\([^",}]*\).*/\1/p'
}

# Ends the daemon as a user would; true when it went without complaint.
stop() {
  topo "$1" stop >/dev/null || return 1
  wait "$(cat "$work/$1.pid")"
}

# Ends it as a power cut would.
crash() {
  kill -9 "$(cat "$work/$1.pid")"
  wait "$(cat "$work/$1.pid")" 2>/dev/null
  true
}

invite() { # FROM TO USER
  topo "$1" invite >"$work/link" && topo "$2" join --user "$3" --wait 60 <"$work/link"
}

reads() { # NAME TEXT: the text is among the messages
  topo "$1" read --limit 200 | grep -qF -e "$2"
}

fingerprint() {
  topo "$1" --json fingerprint | member fingerprint
}

agree() { # NAME NAME: both have the same state, and one at all
  first=$(fingerprint "$1") && [ -n "$first" ] && [ "$first" = "$(fingerprint "$2")" ]
}

not() {
  ! "$@"
}
