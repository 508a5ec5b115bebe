# tap.sh - for the lints to source: where the tree is, and one TAP line per rule.
#
# A rule is checked by a command that prints each breach as `file:line: sentence`. No breach is "ok".
set -u
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
srcdir=${TOPO_SRCDIR:-$(cd "$here/../.." && pwd)}
builddir=${TOPO_BUILDDIR:-.}
awk=${AWK:-awk}
cd "$srcdir" || exit 1
points=0

# The C files of the folders named, without generated ones, sorted.
c_files() {
  find "$@" -type f -name '*.[ch]' ! -name '*.gen.[ch]' | sort
}

# rule NAME BREACHES: one test point; the breaches become its diagnostics.
rule() {
  points=$((points + 1))
  if [ -z "$2" ]; then
    echo "ok $points - $1"
  else
    echo "not ok $points - $1"
    echo "$2" | sed 's/^/# /'
  fi
}

# skip NAME REASON: a test point that this system cannot decide.
skip() {
  points=$((points + 1))
  echo "ok $points - $1 # SKIP $2"
}

# The plan comes last; without it the harness reports an error.
finish() {
  echo "1..$points"
}

# module FILE ARGUMENT...: the breaches that a program for node finds, each after the name of its rule.
# Without node there is one breach of every rule; contrib/bootstrap installs it.
module() {
  script=$1
  shift
  node "$here/$script" "$@" || echo "failed tests/lint/$script:0: ends with $?"
}

# pick RULE: the breaches of that rule among $breaches, and what kept the program from finding any.
pick() {
  echo "$breaches" | sed -n -e "s/^$1 //p" -e 's/^failed //p'
}
