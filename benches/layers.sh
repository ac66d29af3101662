#!/usr/bin/env bash
# A graph of 10 layers of 20 sleeps of 50 ms, where each layer waits for all of the one before: against make -j64.
source "$(dirname "$0")/measure.sh"
build

layers=10 width=20 nap=0.05
{
  echo 'policy layered "Layers" { root "." }'
  echo
  echo 'phase main "Main" {'
  for ((l = 0; l < layers; l++)); do
    echo '  parallel {'
    for ((w = 0; w < width; w++)); do echo "    step l${l}_$w { idempotent; exec([\"/bin/sleep\", \"$nap\"]) }"; done
    echo '  }'
  done
  echo '}'
} > "$work/layers.rbk"
{
  names() { local w; for ((w = 0; w < width; w++)); do printf 'l%d_%d ' "$1" "$w"; done; }
  echo "all: $(names $((layers - 1)))"
  for ((l = 0; l < layers; l++)); do
    before=
    if [ "$l" -gt 0 ]; then before=$(names $((l - 1))); fi
    for ((w = 0; w < width; w++)); do printf '.PHONY: l%d_%d\nl%d_%d: %s\n\t@/bin/sleep %s\n' "$l" "$w" "$l" "$w" "$before" "$nap"; done
  done
} > "$work/layers.mk"

cd "$work"
for _ in $(seq "$rounds"); do
  ./layers "$layers" "$width" "$nap" >> floor
  ./clock 1 make -s -j64 -f layers.mk >> make
  rm -rf .rbk
  ./clock 1 "$rbk" run layers.rbk --jobs 64 --yes >> rbk
done

about
critical=$(awk -v l="$layers" -v n="$nap" 'BEGIN { print l * n }')
printf '| %-36s | %8s | %15s | %7s |\n' "$layers layers of $width sleeps" "s" "× critical path" "× make"
echo "|---|---|---|---|"
peer=$(awk '{ print $1 / 1e6 }' make | median)
line() { # NAME SECONDS
  printf '| %-36s | %8s | %15s | %7s |\n' "$1" "$(scaled "$2" 1 3)" "$(ratio "$2" "$critical")" "$(ratio "$2" "$peer")"
}
line "critical path" "$critical"
line "floor: processes alone" "$(median < floor)"
line "make -j64" "$peer"
line "rbk run --jobs 64" "$(awk '{ print $1 / 1e6 }' rbk | median)"
here=$(awk '{ print $1 / 1e6 }' rbk | median)
row "$layers layers of $width sleeps of $nap s, 64 at once" "$(scaled "$here" 1 3) s" "make -j64: $(scaled "$peer" 1 3) s" "$(ratio "$here" "$peer")" ""
