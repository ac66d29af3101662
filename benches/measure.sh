# Sourced by the benches: builds what they compare, and medians and tables for them.
# shellcheck shell=bash
set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(dirname "$here")
rounds=${ROUNDS:-5}

build() {
  if [ -z "${BUILT:-}" ]; then (cd "$project" && cargo build --release --quiet --bin rbk --example hello); fi
  target=$(cd "$project" && cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
  rbk=$target/release/rbk
  hello=$target/release/examples/hello
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  local name
  for name in clock spawn layers; do
    ${CC:-cc} -O2 -o "$work/$name" "$here/floor/$name.c"
  done
}

# median: of the numbers on stdin, one a line.
median() { sort -g | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
# largest: of the numbers on stdin.
largest() { sort -g | tail -n 1; }
# ratio A B
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
# scaled A FACTOR DECIMALS
scaled() { awk -v a="$1" -v f="$2" -v d="$3" 'BEGIN { printf "%.*f", d, a * f }'; }

# row WORK HERE PEER RATIO ASKED: a line of the one table that run.sh prints at its end.
row() {
  if [ -n "${ROWS:-}" ]; then printf '| %s | %s | %s | %s | %s |\n' "$@" >> "$ROWS"; fi
}

about() {
  echo "$(date -u +%Y-%m-%d), $(nproc) cores, $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $(uname -sr)"
  echo "rbk $("$rbk" --version | awk '{ print $2 }') $(cd "$project" && git rev-parse --short HEAD 2>/dev/null || true); medians of $rounds rounds, sides alternating"
  echo
}
