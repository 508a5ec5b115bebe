#!/bin/sh
# operations.sh - no operation of the API is without a test of the gateway that names it.
. "$(dirname "$0")/tap.sh"

rule 'every operationId of openapi.yaml is named in tests/gateway' "$(
  grep -n 'operationId:' openapi/openapi.yaml | sed 's/: *operationId: */ /' | while read -r line id; do
    grep -qwF -e "$id" tests/gateway/*.mjs || echo "openapi/openapi.yaml:$line: no test names $id"
  done)"
finish
