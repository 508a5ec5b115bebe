#!/bin/sh
# mistakes.sh - a mistake of a programmer ends in an assertion: makes each mistake of mistakes.txt
# in a copy of its file, builds the test that is named there over it, and sees the test stopped by
# the assertion that is named there. `make check-assertions` runs it, with these in the environment:
#
#   TOPO_COMPILE  how the core is compiled, without a file
#   TOPO_LINK     how a test is linked, without files
#   TOPO_LIBS     what a test of the core is linked with
. "$(dirname "$0")/tap.sh"

list=$srcdir/tests/lint/mistakes.txt
cd "$builddir" || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/topo-mistakes.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# The objects of the test: automake puts the whole path before their names when another test is
# called the same.
objects() {
  folder=$(dirname "$test")
  for prefix in "$(echo "$test" | tr / _)" "$(basename "$test")"; do
    set -- "$folder/$prefix"-*.o
    [ -e "$1" ] && break
  done
  echo "$@"
}

# The copy comes before the archive's member, so the archive's is left alone.
build() {
  eval "$TOPO_COMPILE -w -c -o '$work/copy.o' '$work/copy.c'" &&
    eval "$TOPO_LINK -o '$work/program' $(objects) '$work/copy.o' $TOPO_LIBS"
}

# try: prints what is wrong with the fault at hand; nothing when it ends as it should.
try() {
  sed "$edit" "$srcdir/$file" >"$work/copy.c" || return
  if cmp -s "$srcdir/$file" "$work/copy.c"; then
    echo "$file:1: the edit changes nothing: $edit"
  elif ! build >"$work/output" 2>&1; then
    echo "$file:1: the copy does not build: $(tail -1 "$work/output")"
  else
    timeout 120 "$work/program" >"$work/output" 2>&1
    grep -aF 'assertion failed: ' "$work/output" | grep -qF -- "$stops" ||
      echo "$file:1: $test is not stopped by: $stops"
  fi
}

for test in $(sed -n 's/^test: //p' "$list" | sort -u); do
  rule "$test passes without a mistake" "$("./$test" >/dev/null 2>&1 || echo "$test:1: it fails")"
done
fault= file= edit= test=
while read -r key value; do
  case $key in
  fault:) fault=$value ;;
  file:) file=$value ;;
  edit:) edit=$value ;;
  test:) test=$value ;;
  stops:)
    stops=$value
    rule "stopped: $fault" "$(try)"
    ;;
  esac
done <"$list"
finish
