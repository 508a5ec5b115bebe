#!/bin/sh
# test_read.sh - what the generator of rows understands and what it refuses (openapi/test_read.mjs).
exec "${TOPO_SRCDIR:-$(dirname "$0")/../../..}/openapi/run" test_read.mjs
