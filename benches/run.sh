#!/usr/bin/env bash
# Every comparison, one table each. ROUNDS=3 makes it shorter.
set -eu
cd "$(dirname "$0")"
for bench in startup parallel layers repository; do
  echo "## $bench"
  echo
  "./$bench.sh"
  echo
done
if [ -f parser.rs ]; then
  echo "## parser"
  echo
  (cd .. && cargo bench --quiet --bench parser)
fi
