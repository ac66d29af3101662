#!/usr/bin/env bash
# Every comparison with a table of its own, and at the end one table of them all, as docs/figures.md has it.
# Short, to see that all of it works: ROUNDS=1 EACH=5 STEPS=200 SIZES='100 1000' LINES_OF_POLICY=10000 benches/run.sh
set -eu
cd "$(dirname "$0")"
ROWS=$(mktemp)
export ROWS
trap 'rm -f "$ROWS"' EXIT
for bench in startup check parser growth parallel layers repository; do
  echo "## $bench"
  echo
  "./$bench.sh"
  echo
  export BUILT=1 # once is enough
done
echo "## All"
echo
echo "| work | here | peer or floor | ratio | asked |"
echo "|---|---|---|---|---|"
cat "$ROWS"
