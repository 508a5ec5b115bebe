#!/bin/sh
# types.sh - the page's types hold, and its client is the one that openapi/openapi.yaml describes.
set -u
srcdir=${TOPO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${TOPO_BUILDDIR:-$PWD}
modules=$("$srcdir/web/build.sh" modules "$builddir/web-modules") || exit 1
work=$(mktemp -d "${TMPDIR:-/tmp}/topo-types.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# A copy beside the modules, which a release does not bring.
mkdir "$work/web" && cp -R "$srcdir/web/src" "$srcdir/web/tsconfig.json" "$srcdir/web/package.json" \
  "$srcdir/web/generate.mjs" "$work/web/" && cp -R "$srcdir/openapi" "$work/" &&
  chmod -R u+w "$work" && ln -s "$modules/node_modules" "$work/web/node_modules" && cd "$work/web" || exit 1

point() {
  if [ "$1" -eq 0 ]; then
    echo "ok $2"
  else
    echo "not ok $2"
    sed 's/^/# /' output
  fi
}
node_modules/.bin/tsc --noEmit >output 2>&1
point $? '1 - the page has no errors of types'
node generate.mjs --check >output 2>&1
point $? '2 - src/api.gen.ts is what openapi/openapi.yaml makes'
echo 1..2
