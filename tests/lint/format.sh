#!/bin/sh
# format.sh - clang-format 14 would change nothing. Other releases of it disagree in details, so they
# are no substitute.
. "$(dirname "$0")/tap.sh"

name='clang-format 14 leaves every C file as it is'
formatter=${CLANG_FORMAT:-$(command -v clang-format-14)}
if [ -z "$formatter" ]; then
  skip "$name" 'clang-format-14 is not installed'
else
  output=$(c_files src tests | xargs "$formatter" --dry-run -Werror 2>&1)
  status=$?
  [ $status -eq 0 ] || output=$(echo "$output" | grep ': error: ' || echo "$formatter ends with $status")
  [ $status -ne 0 ] || output=
  rule "$name" "$output"
fi
finish
