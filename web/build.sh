#!/bin/sh
# build.sh - brings web/dist up to date, once for all build trees of a checkout; what `make` calls.
#
#   web/build.sh            build the page if its sources changed
#   web/build.sh generate   write src/api.gen.ts anew
#   web/build.sh modules DIR   print a folder whose node_modules are those of package-lock.json:
#                           web/ where it can be written, else DIR, which is made
#
# Whether anything changed is judged by content: dist/sources.sum holds a digest of what dist was made
# from. A release brings web/dist, which its sources fit, and so needs neither Node nor a folder that
# can be written.
set -eu
web=$(cd "$(dirname "$0")" && pwd)

digest() {
  cd "$web/.."
  find web/src web/docs web/build.mjs web/package-lock.json openapi/openapi.gen.json -type f ! -name '*~' | LC_ALL=C sort |
    xargs sha256sum | sha256sum
}

is_current() {
  [ -e "$web/dist/manifest.txt" ] && [ "$(cat "$web/dist/sources.sum" 2>/dev/null)" = "$(digest)" ]
}

need_node() {
  if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'; then
    echo 'web: the page is built with Node 18 or newer and npm: install the Debian packages nodejs npm,' >&2
    echo 'web: or configure with --disable-web' >&2
    exit 1
  fi
}

# install DIR: node_modules as package-lock.json says, unless they are.
install() {
  cmp -s "$web/package-lock.json" "$1/node_modules/.installed" && return
  need_node
  if [ "$1" != "$web" ]; then
    cp "$web/package.json" "$web/package-lock.json" "$web/.npmrc" "$1/"
    chmod u+w "$1/package.json" "$1/package-lock.json" "$1/.npmrc"
  fi
  (cd "$1" && npm ci --ignore-scripts --prefer-offline --no-progress --loglevel=error) >&2
  cp "$web/package-lock.json" "$1/node_modules/.installed"
}

if [ "${1:-}" = modules ]; then
  folder=$web
  if ! [ -w "$web" ]; then
    folder=$2
    mkdir -p "$folder"
  fi
  exec 9>"$folder/.lock"
  flock 9
  install "$folder"
  echo "$folder"
  exit
fi

if [ "${1:-}" = generate ]; then
  exec 9>"$web/.lock"
  flock 9
  install "$web"
  cd "$web"
  exec node generate.mjs
fi

if ! is_current; then
  need_node
  exec 9>"$web/.lock"
  flock 9
  # Another tree may have built it while this one waited.
  if ! is_current; then
    install "$web"
    sum=$(digest)
    (cd "$web" && node build.mjs)
    echo "$sum" >"$web/dist/sources.sum"
  fi
fi
# For the clock of make. A release that cannot be written is as it should be.
touch "$web/dist/manifest.txt" 2>/dev/null || :
