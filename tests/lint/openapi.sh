#!/bin/sh
# openapi.sh - the API's document is a good one, and what is generated from it is what was committed.
# Without node this fails: contrib/bootstrap installs it.
. "$(dirname "$0")/tap.sh"
fresh=$(mktemp -d "${TMPDIR:-/tmp}/topo-openapi.XXXXXX") || exit 1
trap 'rm -rf "$fresh"' EXIT
trap 'exit 1' HUP INT TERM

# complaint COMMAND...: what a command that fails says.
complaint() {
  said=$("$@" 2>&1) || echo "${said:-$1 fails and says nothing}"
}

rule 'openapi.yaml passes the lint of OpenAPI' "$(complaint openapi/run lint.mjs)"
rule 'openapi.yaml is what the generator understands' "$(complaint openapi/run generate.mjs "$fresh")"
rule 'what is generated is committed: `make generate` changes nothing' "$(
  (cd "$fresh" && find . -type f) | sed 's|^\./||' | sort | while read -r file; do
    cmp -s "$fresh/$file" "$file" || echo "$file: is not what openapi.yaml says: run make generate"
  done
  find src openapi -name '*.gen.*' -type f | sort | while read -r file; do
    case $file in *node_modules*) continue ;; esac
    [ -e "$fresh/$file" ] || echo "$file: nothing writes this file"
  done
  [ -e "$fresh/src/api/operations.gen.h" ] || echo 'openapi/generate.mjs: writes no files')"
finish
