#!/bin/sh
# format.sh - prettier decides about the white space of JavaScript, as clang-format does about that of C.
set -u
srcdir=${TOPO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${TOPO_BUILDDIR:-$PWD}
modules=$("$srcdir/web/build.sh" modules "$builddir/web-modules") || exit 1
cd "$srcdir" || exit 1
output=$("$modules/node_modules/.bin/prettier" --check 'web/**/*.{ts,tsx,mjs,js}' 'tests/**/*.mjs' 'openapi/*.mjs' 2>&1)
if [ $? -eq 0 ]; then
  echo 'ok 1 - JavaScript is as prettier writes it'
else
  echo 'not ok 1 - JavaScript is as prettier writes it'
  echo "$output" | sed 's/^/# /'
fi
echo 1..1
