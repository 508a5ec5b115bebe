#!/bin/sh
# symbols.sh - the deterministic core asks the outside world only for what core-symbols.txt allows: no
# clock, no socket, no thread, no randomness, no key generation. Time and chance come in by arguments
# and ports, or one seed would not replay a network.
. "$(dirname "$0")/tap.sh"

archive=$builddir/libtopo-core.a
# `nm -P` prints "name type ..."; U, w and v are references, anything else is a definition.
# References that a compiler makes by itself are dropped (sanitisers, coverage, stack protector) or
# taken for the plain function they stand for (__memcpy_chk, __isoc99_sscanf, __isoc23_strtoul).
undefined=$("${NM:-nm}" -P -g "$archive" 2>/dev/null | "$awk" '
  NF < 2 { next }
  $2 ~ /^[Uwv]$/ { wanted[$1] = 1; next }
  { defined[$1] = 1 }
  END {
    for (name in wanted) {
      if (name in defined) continue
      if (name ~ /^__(asan|lsan|ubsan|tsan|sanitizer|gcov|stack_chk)_/) continue
      if (name == "_GLOBAL_OFFSET_TABLE_") continue
      sub(/^__isoc[0-9]+_/, "", name)
      if (name ~ /^__.*_chk$/) name = substr(name, 3, length(name) - 6)
      print name
    }
  }' | sort -u)

rule 'the archive of the core can be read' "$(
  "${NM:-nm}" -P -g "$archive" 2>&1 >/dev/null | grep -v 'no symbols$')"
rule 'the core refers to allowed symbols only' "$(echo "$undefined" | "$awk" '
  FNR == NR { if ($0 !~ /^#/) allowed[$1] = 1; next }
  NF && !($1 in allowed) { print "libtopo-core.a:0: " $1 " is not in tests/lint/core-symbols.txt" }
  ' tests/lint/core-symbols.txt -)"
rule 'the list of allowed symbols is sorted and names nothing that is forbidden' "$(
  grep -v '^#' tests/lint/core-symbols.txt | "$awk" '
    prior != "" && $0 <= prior { print "core-symbols.txt:0: " $0 " stands after " prior }
    { prior = $0 }
    /^(randombytes|getrandom|getentropy|arc4random|rand|random|srand)/ ||
    /^(time|clock|gettimeofday|localtime|gmtime|nanosleep|usleep|sleep)/ ||
    /^(socket|connect|bind|listen|accept|send|recv|poll|epoll|select)/ ||
    /^(pthread_|thrd_|mtx_|cnd_)/ || /(_keygen|_keypair)$/ && !/_seed_keypair$/ {
      print "core-symbols.txt:0: " $0 " is a clock, a socket, a thread or a source of chance" }')"
finish
