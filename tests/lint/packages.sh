#!/bin/sh
# packages.sh - what configure tells people to install is what contrib/packages installs.
. "$(dirname "$0")/tap.sh"

rule 'contrib/packages lists every package that configure.ac names' "$(
  grep -noE 'lib[a-z0-9-]+-dev|pkg-config' configure.ac | while IFS=: read -r line package; do
    grep -v '^#' contrib/packages | grep -qE "(^|[^a-z0-9-])$package([^a-z0-9-]|\$)" ||
      echo "configure.ac:$line: $package is not in contrib/packages"
  done)"
finish
