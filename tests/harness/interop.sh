#!/bin/sh
# Compares our Negentropy harness with the reference's: interop.sh CHECKOUT OURS DRIVER
#
# CHECKOUT is a work tree of github.com/hoytech/negentropy with its submodule test/cpp/hoytech-cpp. The
# reference is built in a temporary folder; it needs g++ with C++20 and OpenSSL's headers (libssl-dev).
# SEED (1), CASES (200) and MAX (4000 items) in the environment bound the comparison.
set -eu

checkout=$1
ours=$2
driver=$3

fail() {
  echo "interop: $1" >&2
  exit 2
}

[ -f "$checkout/test/cpp/harness.cpp" ] ||
  fail "NEG must be a checkout of github.com/hoytech/negentropy (it is '$checkout')"
[ -f "$checkout/test/cpp/hoytech-cpp/hoytech/hex.h" ] ||
  fail "the submodule is missing: git submodule update --init test/cpp/hoytech-cpp"
command -v g++ >/dev/null || fail "g++ is needed (package g++)"
echo '#include <openssl/sha.h>' | g++ -E -x c++ - >/dev/null 2>&1 ||
  fail "OpenSSL's headers are needed (package libssl-dev)"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
g++ -std=c++20 -O2 -w -I"$checkout/cpp" -I"$checkout/test/cpp/hoytech-cpp" \
  "$checkout/test/cpp/harness.cpp" -lcrypto -o "$folder/harness"
"$driver" compare "$ours" "$folder/harness" "${SEED:-1}" "${CASES:-200}" "${MAX:-4000}"
