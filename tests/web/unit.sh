#!/bin/sh
# unit.sh - the logic of the page, without a browser: web/test under Node's own runner, as TAP.
set -eu
srcdir=${TOPO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
builddir=${TOPO_BUILDDIR:-$PWD}
TOPO_NODE_MODULES=$("$srcdir/web/build.sh" modules "$builddir/web-modules")
export TOPO_NODE_MODULES
cd "$srcdir/web"
exec node --test --test-reporter=tap test/*.test.mjs
