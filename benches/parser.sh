#!/usr/bin/env bash
# The parser on a policy of a million lines, in a process of its own: lines a second on one core and on all, and the peak
# memory of source and tree together. The floor is counting the lines.
source "$(dirname "$0")/measure.sh"
build

bench=$(cd "$project" && cargo bench --no-run --bench parser --message-format=json 2>/dev/null |
  sed -n 's/.*"executable":"\([^"]*parser-[^"]*\)".*/\1/p' | tail -n 1)
RBK_BENCH_WRITE=$work/policy.rbk RBK_BENCH_LINES=${LINES_OF_POLICY:-1000000} "$bench" --bench
for _ in $(seq "$rounds"); do
  RBK_BENCH_PARSE=$work/policy.rbk "$bench" --bench >> "$work/parsed"
done

about
read -r lines bytes _ < "$work/parsed"
column() { awk -v n="$1" '{ print $n }' "$work/parsed" | median; }
one=$(column 3) all=$(column 4) count=$(column 5) peak=$(awk '{ print $6 }' "$work/parsed" | largest)
rate() { awk -v n="$lines" -v s="$1" 'BEGIN { printf "%.2f", n / s / 1e6 }'; }
printf '| %-40s | %10s | %8s |\n' "$lines lines, $(scaled "$bytes" 0.000001 1) MB" "M lines/s" "s"
echo "|---|---|---|"
printf '| %-40s | %10s | %8s |\n' "floor: counting the lines" "$(rate "$count")" "$(scaled "$count" 1 3)"
printf '| %-40s | %10s | %8s |\n' "parsed on one core" "$(rate "$one")" "$(scaled "$one" 1 3)"
printf '| %-40s | %10s | %8s |\n' "parsed on all cores" "$(rate "$all")" "$(scaled "$all" 1 3)"
echo
echo "peak memory of source and tree: $(scaled "$peak" 0.000001 1) MB, $(ratio "$peak" "$bytes") bytes for a byte of source"
row "parsing $lines lines on one core" "$(rate "$one") M lines/s" "counting the lines: $(rate "$count") M lines/s" "" "at least 1 M lines/s"
row "the same: peak memory of source and tree" "$(ratio "$peak" "$bytes") B for a byte" "the source alone: 1 B" "$(ratio "$peak" "$bytes")" "under 10 B"
