#!/bin/sh
# page.sh - the page and the reference in Chromium on real daemons, as TAP.
set -eu
srcdir=${TOPO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
TOPO_BUILDDIR=${TOPO_BUILDDIR:-$PWD}
TOPO_NODE_MODULES=$("$srcdir/web/build.sh" modules "$TOPO_BUILDDIR/web-modules")
export TOPO_BUILDDIR TOPO_NODE_MODULES
exec node --test --test-reporter=tap "$srcdir"/tests/e2e/*.test.mjs
