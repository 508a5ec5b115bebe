#!/bin/sh
# sizes.sh - no file over 600 lines, no function over 70: what is longer hides more than one thing.
. "$(dirname "$0")/tap.sh"

rule 'no C file is longer than 600 lines' "$(c_files src tests | xargs "$awk" '
  FNR == 601 { print FILENAME ":601: the file goes past 600 lines" }')"
rule 'no function is longer than 70 lines' "$(c_files src tests | xargs "$awk" -f "$here/functions.awk")"
finish
