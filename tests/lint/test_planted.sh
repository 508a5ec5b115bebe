#!/bin/sh
# test_planted.sh - a lint that cannot fail protects nothing: plants a breach of each rule into a copy
# of the tree, sees the lint name it, takes it away and sees the lint say what it said before.
set -u
srcdir=${TOPO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${TOPO_BUILDDIR:-$PWD}
work=$(mktemp -d "${TMPDIR:-/tmp}/topo-lint.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
points=0

# Once the modules of openapi/ are there nobody moves them while they are copied.
"$srcdir/openapi/run" generate.mjs "$work/first" || exit 1

# A copy without write protection, which `make distcheck` puts on its sources.
mkdir "$work/tree" "$work/tree/tests" "$work/build" || exit 1
for entry in src contrib docs openapi configure.ac .clang-format; do
  cp -R "$srcdir/$entry" "$work/tree/" || exit 1
done
# Not tests/gateway: its modules may just be moving in.
for entry in "$srcdir"/tests/*; do
  case $entry in */gateway) continue ;; esac
  cp -R "$entry" "$work/tree/tests/" || exit 1
done
mkdir "$work/tree/tests/gateway" "$work/tree/web" || exit 1
cp "$srcdir"/tests/gateway/*.mjs "$work/tree/tests/gateway/" || exit 1
cp -R "$srcdir/web/src" "$work/tree/web/" || exit 1
cp "$builddir/libtopo-core.a" "$work/build/" || exit 1
chmod -R u+w "$work"
cd "$work/tree" || exit 1

point() {
  points=$((points + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $points - $2"
  else
    echo "not ok $points - $2"
    sed 's/^/#   /' "$work/output"
  fi
}

lint() {
  TOPO_SRCDIR=$work/tree TOPO_BUILDDIR=$work/build tests/lint/"$1".sh >"$work/output" 2>&1
}

# sees LINT RULE WHAT: the lint says "not ok" for the rule whose name holds RULE, and names WHAT.
sees() {
  lint "$1"
  grep -q "^not ok .*$2" "$work/output" && grep -q "^# .*$3" "$work/output"
  point $? "$1 sees $3"
}

# content LINT: without the breach the lint says what it said of the tree as it came.
content() {
  lint "$1"
  grep -q '^1\.\.[1-9]' "$work/output" && cmp -s "$work/output" "$work/$1.before"
  point $? "$1 is content without it"
}

for before in layers symbols sizes format words packages openapi circles bounds asserts walks; do
  lint "$before"
  mv "$work/output" "$work/$before.before"
done

# plant LINT RULE FILE TEXT: the breach is the whole of a new file.
plant() {
  mkdir -p "$(dirname "$3")"
  echo "$4" >"$3"
  sees "$1" "$2" "$3"
  rm "$3"
}

# listed LIST LINT RULE NAME: the lint says that a name which keeps the rule is in its list of exceptions.
listed() {
  if [ -e "$1" ]; then cp "$1" "$work/list"; else rm -f "$work/list"; fi
  { cat "$1" 2>/dev/null; echo "$4"; } | LC_ALL=C sort >"$work/longer"
  cp "$work/longer" "$1"
  sees "$2" "$3" "$1:.* $4"
  if [ -e "$work/list" ]; then cp "$work/list" "$1"; else rm "$1"; fi
}

# lines N TEXT: the same line N times.
lines() {
  yes "$2" | head -n "$1"
}

plant layers 'name their room' src/base/planted.h '#include "node/node.h"'
plant layers 'name their room' src/base/planted.c '#include "bytes.h"'
plant layers libraries src/dag/planted.c '# include <sqlite3.h>'
plant layers libraries src/crypto/planted.c '#include <gnutls/crypto.h>'
plant layers siblings src/events/planting/planting.c '#include "events/planted/planted.h"'
rmdir src/events/planting
mkdir src/planted
sees layers 'every room once' planted
rmdir src/planted
content layers

plant sizes '600 lines' tests/unit/planted.c "$(lines 601 '/* planted */')"
plant sizes '70 lines' src/base/planted.c "void planted(void)
{
$(lines 69 '  planted();')
}"
content sizes

if [ -n "${CLANG_FORMAT:-$(command -v clang-format-14)}" ]; then
  plant format clang-format src/base/planted.h 'int  planted( void );'
  content format
fi

for mark in "TO""DO" "FIX""ME" "XX""X" "HA""CK"; do
  plant words 'unfinished work' src/base/planted.h "/* $mark: later */"
done
for planted in 'int topo_visitor_count(void);' 'int topo_door_state(void);' 'enum { TOPO_FEEDBAGS, TOPO_FEEDS };'; do
  plant words 'retired word' src/base/planted.h "$planted"
done
plant words 'retired word' web/src/planted.ts 'export const text = `of ${isVouched}`'
plant words 'retired word' src/gateway/planted.h 'int topo_judge_planted(void);'
plant words 'retired word' src/net/planted.c 'int a(void) { return link(PATH, PATH) + link_planted; }'
echo 'int topo_judge_planted(void); /* A visitor at the door. */' >src/dag/planted.h
echo "const links = link('visitor') // at the door" >web/src/planted.ts
content words
rm src/dag/planted.h web/src/planted.ts
listed tests/lint/retired-identifiers.txt words 'only shrinks' topo_visitor_planted
content words

# Two files that call each other, in a room that is free of circles and in one more circle than before.
# They do not need to be compiled: the second names the first in a table.
echo 'int topo_planted_a(void)
{
  return topo_planted_b->n;
}' >src/base/planted_a.c
echo 'const struct planted *topo_planted_b = {topo_planted_a};' >src/base/planted_b.c
sees circles 'no more than' 'src/base/planted_a.c:1: a circle of 2'
cp tests/lint/circles.sh "$work/circles.sh"
sed "s/^free=.*/free='crypto base'/" "$work/circles.sh" >tests/lint/circles.sh
sees circles 'goes through the folders' 'base/planted_a base/planted_b'
sed "s/^free=.*/free='crypto'/" "$work/circles.sh" >tests/lint/circles.sh
lint circles
grep -q '^ok .*goes through the folders' "$work/output"
point $? 'circles lets a circle of another folder pass'
cp "$work/circles.sh" tests/lint/circles.sh
rm src/base/planted_b.c
rm src/base/planted_a.c
# A circle by includes: neither file uses anything of the other.
for pair in a/b b/a; do
  echo "#include \"base/planted_${pair#*/}.h\"" >"src/base/planted_${pair%/*}.h"
  echo "#include \"base/planted_${pair%/*}.h\"" >"src/base/planted_${pair%/*}.c"
done
sees circles 'no more than' 'base/planted_a base/planted_b'
rm src/base/planted_?.?
sed 's/^most=.*/most=99/' "$work/circles.sh" >tests/lint/circles.sh
sees circles 'number in circles.sh being lowered' 'lower "most"'
cp "$work/circles.sh" tests/lint/circles.sh
content circles

plant bounds 'is used' src/base/planted.h 'enum { TOPO_PLANTED_MAX = 3 };'
plant bounds 'is used' src/base/planted.h '#define TOPO_PLANTED_LIMIT 3'
plant bounds 'is used' src/base/planted.c 'enum { PLANTED_MAX = 3, LAST = PLANTED_MAX };
_Static_assert(PLANTED_MAX < 4, "small"); /* PLANTED_MAX */'
plant bounds 'named by a test' src/base/planted.c 'enum { PLANTED_MAX = 3 };
static int planted[PLANTED_MAX];'
echo 'enum { PLANTED_MAX = 3, LAST = PLANTED_MAX };
static int planted[LAST];' >src/base/planted.c
echo '/* A list is refused at PLANTED_MAX + 1. */' >tests/unit/base/planted.c
content bounds
rm src/base/planted.c tests/unit/base/planted.c
listed tests/lint/unused-bounds.txt bounds 'only shrink' TOPO_NOTHING_MAX
listed tests/lint/unused-bounds.txt bounds 'only shrink' TOPO_FRAME_MAX
listed tests/lint/untested-bounds.txt bounds 'only shrink' TOPO_FRAME_MAX
content bounds

for planted in 'n = 3' 'n++ < 3' 'n += 1' '--n' 'topo_planted_take(n) == 0' 'n->take(3)' 'n == 3 &&
 (n = 4)'; do
  plant asserts 'side effect' src/base/planted.c "int a(int n) { topo_assert($planted); }"
done
echo 'int a(int n) { topo_assert(n == 3 && n <= 4 && n >= 2 && n != 1 && topo_planted_is_open(n, "=")); }' \
  >src/base/planted.c
content asserts
rm src/base/planted.c
# As many lines with bare NULL checks as without any lower what there is for 1,000 lines.
plant_density() {
  {
    lines 8000 "$1"
    echo
  } >src/dag/planted.c
  sees asserts 'for 1,000 lines' src/dag
  rm src/dag/planted.c
}
plant_density 'int a;'
plant_density 'topo_assert(a); topo_assert(a && b->c != NULL);'
content asserts

cp configure.ac "$work/configure.ac"
echo 'dnl libplanted-dev' >>configure.ac
sees packages contrib/packages libplanted-dev
cp "$work/configure.ac" configure.ac
content packages

# A function that is not there, one of somebody else, a walk that has become longer, and no walks at all.
cp docs/architecture.md "$work/architecture.md"
walk() {
  sed "$1" "$work/architecture.md" >docs/architecture.md
}
walk 's/`on_readable`/`on_planted`/'
sees walks 'is defined' 'daemon/network.c does not define on_planted'
walk 's/`topo_net_ready`/`ngtcp2_conn_read_pkt`/'
sees walks 'is defined' 'net/net.c does not define ngtcp2_conn_read_pkt'
walk 's/`topo_net_ready`/`topo_net_ready`, `topo_net_expire`/'
sees walks 'how long it is' 'a walk has [0-9]* functions'
walk 's/^## Two walks$/## Walks/'
sees walks 'is defined' 'no two walks'
cp "$work/architecture.md" docs/architecture.md
content walks

# The description of the API: what is no OpenAPI, what the generator does not understand, and what
# was not generated anew.
cp openapi/openapi.yaml "$work/openapi.yaml"
edit() {
  sed "$1" "$work/openapi.yaml" >openapi/openapi.yaml
}
edit 's/^  title: Topo$/  titel: Topo/'
sees openapi 'lint of OpenAPI' titel
edit 's/x-topo-bytes: 32768/x-topo-bits: 32768/'
sees openapi 'generator understands' 'sendMessage text: .*x-topo-bits'
edit 's/x-topo-scope: write/x-topo-scope: admin/'
sees openapi 'is committed' src/node/operations.gen.c
edit 's/^      summary: The channels, oldest first$/      summary: The channels/'
sees openapi 'is committed' src/cli/describe.gen.c
cp "$work/openapi.yaml" openapi/openapi.yaml
touch src/node/planted.gen.c
sees openapi 'is committed' src/node/planted.gen.c
rm src/node/planted.gen.c
content openapi

# links: the linker finds every handler in the core. Of libraries none is named, so it misses those.
echo 'int main(void) { return 0; }' >"$work/main.c"
links() {
  rm -f "$work/rows.o"
  ${CC:-cc} -std=c11 -I "$work/fresh/src" -I src -c -o "$work/rows.o" \
    "$work/fresh/src/node/operations.gen.c" >"$work/output" 2>&1 &&
    ! LC_ALL=C ${CC:-cc} -o "$work/linked" "$work/main.c" "$work/rows.o" \
      "$work/build/libtopo-core.a" >"$work/output" 2>&1
  [ -e "$work/rows.o" ] && ! grep -q 'undefined reference to .topo_op_' "$work/output"
}
openapi/run generate.mjs "$work/fresh" >"$work/output" 2>&1 && links
point $? 'every operation of a space has its handler'
edit 's/operationId: getSync$/operationId: getPlanted/'
openapi/run generate.mjs "$work/fresh" >"$work/output" 2>&1 && ! links &&
  grep -q 'undefined reference to .topo_op_getPlanted' "$work/output"
point $? 'an operation without a handler is an error of the linker'
cp "$work/openapi.yaml" openapi/openapi.yaml

# The archive is extended by one object that reads the clock, draws randomness and copies memory.
cat >"$work/planted.c" <<'C'
long time(long *out);
unsigned randombytes_random(void);
void *memcpy(void *, const void *, unsigned long);
long planted(void *to, void *from);
long planted(void *to, void *from)
{
  memcpy(to, from, randombytes_random());
  return time(0);
}
C
cp "$work/build/libtopo-core.a" "$work/honest.a"
${CC:-cc} -c -o "$work/planted.o" "$work/planted.c" &&
  ${AR:-ar} r "$work/build/libtopo-core.a" "$work/planted.o" 2>/dev/null
sees symbols 'allowed symbols only' ' time '
sees symbols 'allowed symbols only' ' randombytes_random '
! grep -q ' memcpy ' "$work/output"
point $? 'symbols lets memcpy pass'
cp "$work/honest.a" "$work/build/libtopo-core.a"
content symbols
cp tests/lint/core-symbols.txt "$work/core-symbols.txt"
echo 'time' >>tests/lint/core-symbols.txt
sees symbols 'nothing that is forbidden' ' time '
cp "$work/core-symbols.txt" tests/lint/core-symbols.txt
content symbols
rm "$work/build/libtopo-core.a"
sees symbols 'can be read' libtopo-core.a

echo "1..$points"
