#!/bin/sh
# Builds the fuzz targets with clang's libFuzzer and runs each for a bounded time:
#   check-fuzz.sh SRCDIR TARGET...   (from the build folder; CLANG, FUZZ_SECONDS, MAKE in the environment)
# Status 77 when there is no clang with libFuzzer.
set -eu

srcdir=$1
shift
seconds=${FUZZ_SECONDS:-30}
sanitize=-fsanitize=address,undefined
clang=${CLANG:-}

if [ -z "$clang" ]; then
  for candidate in clang-14 clang; do
    if command -v $candidate >/dev/null; then
      clang=$candidate
      break
    fi
  done
fi
mkdir -p fuzz-clang
cd fuzz-clang
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return d != 0 && n == 77; }' >probe.c
if [ -z "$clang" ] || ! "$clang" -fsanitize=fuzzer probe.c -o probe 2>/dev/null; then
  echo "check-fuzz: skipped, it needs clang with libFuzzer (packages clang-14 and libclang-rt-14-dev)"
  exit 77
fi

if [ ! -f Makefile ]; then
  "$srcdir/configure" -q CC="$clang" \
    CFLAGS="-O1 -g -fno-omit-frame-pointer $sanitize,fuzzer-no-link -fno-sanitize-recover=all"
fi
# libFuzzer's main comes before the one in libstandalone.a, which is then left out.
$MAKE -s LDFLAGS=-fsanitize=fuzzer "$@"

for target in "$@"; do
  name=${target##*/fuzz_}
  mkdir -p "found/$name"
  echo "== $name, $seconds seconds"
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -verbosity=1 -artifact_prefix="found/$name/" "found/$name" "$srcdir/tests/fuzz/corpus/$name" \
    >"found/$name.log" 2>&1 || { tail -40 "found/$name.log"; exit 1; }
  grep -E '^(Done|stat::(number_of_executed_units|new_units_added))' "found/$name.log"
done
