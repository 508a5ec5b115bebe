#!/bin/sh
# check.sh - docs/vectors is what docs/protocol.md says: a reader that knows nothing else computes it.
# Without node this fails: contrib/bootstrap installs it.
srcdir=${TOPO_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
exec node "$srcdir/tests/vectors/check.mjs" "$srcdir/docs/vectors"
