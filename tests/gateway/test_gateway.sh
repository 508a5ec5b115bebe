#!/bin/sh
# test_gateway.sh - real daemons, asked everything that openapi/openapi.yaml describes (main.mjs).
#
#   tests/gateway/test_gateway.sh [FILE...]    access, events…; all of them unless named
#
# The modules that it needs are installed once for a checkout, however many build trees it has. Where the
# source may not be written to, a copy of this folder is used that is gone afterwards. Knows TOPO_BUILDDIR,
# TOPO_SANITIZED (lib/scale.mjs) and TOPO_SEED (lib/prng.mjs).
set -u
here=$(cd "$(dirname "$0")" && pwd)
TOPO_OPENAPI=$(cd "$here/../.." && pwd)/openapi/openapi.yaml
export TOPO_OPENAPI

refuse() {
  echo "not ok 1 - the suite of the gateway can run"
  echo "# $1"
  echo 1..1
  exit 1
}

node -e 'process.exit(parseInt(process.versions.node) >= 18 ? 0 : 1)' 2>/dev/null ||
  refuse 'node, of release 18 or newer, is missing: run contrib/bootstrap'
command -v npm >/dev/null || refuse 'npm is missing: run contrib/bootstrap'

copy=
if ! [ -w "$here" ]; then
  copy=$(mktemp -d "${TMPDIR:-/tmp}/topo-gateway.XXXXXX") || exit 1
  trap 'rm -rf "$copy"' EXIT
  trap 'exit 1' HUP INT TERM
  cp -R "$here/." "$copy" && chmod -R u+w "$copy"
  here=$copy
fi

# Two build trees may be tested at the same time; the first installs and the other waits for it.
(
  cd "$here" || exit 1
  exec 9<package.json
  flock 9
  cmp -s package-lock.json node_modules/.installed && exit
  npm ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error >&2 &&
    cp package-lock.json node_modules/.installed
) || refuse 'npm cannot install what tests/gateway/package-lock.json names'

if [ -n "$copy" ]; then
  node --test-reporter=tap "$here/main.mjs" "$@"
else
  exec node --test-reporter=tap "$here/main.mjs" "$@"
fi
