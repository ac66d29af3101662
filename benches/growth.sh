#!/usr/bin/env bash
# `rbk check` of policies of more and more steps, one after the other: time and memory of each must not grow faster than
# the policy. The peer is the same list of steps read by make.
source "$(dirname "$0")/measure.sh"
build

sizes=(${SIZES:-1000 10000 100000})
for steps in "${sizes[@]}"; do
  {
    echo 'policy many "Many steps" { root "." }'
    echo
    echo 'phase main "Main" {'
    for ((i = 0; i < steps; i++)); do echo "  step s$i { idempotent; exec([\"/bin/true\"]) }"; done
    echo '}'
  } > "$work/many$steps.rbk"
  {
    printf '.PHONY: all %s\nall: s%d\n' "$(seq -s ' ' -f 's%.0f' 0 $((steps - 1)))" $((steps - 1))
    echo 's0:'
    printf '\t@/bin/true\n'
    for ((i = 1; i < steps; i++)); do printf 's%d: s%d\n\t@/bin/true\n' "$i" $((i - 1)); done
  } > "$work/many$steps.mk"
done

cd "$work"
for _ in $(seq "$rounds"); do
  for steps in "${sizes[@]}"; do
    # So long a chain is more than the stack of make holds.
    if [ "$steps" -le 20000 ]; then ./clock 1 make -n -f "many$steps.mk" >> "make$steps"; fi
    ./clock 1 "$rbk" check "many$steps.rbk" >> "rbk$steps"
  done
done

about
printf '| %-28s | %8s | %8s | %9s | %9s |\n' "check, steps in sequence" "ms" "make -n" "peak MB" "B a step"
echo "|---|---|---|---|---|"
small=
for steps in "${sizes[@]}"; do
  took=$(median < "rbk$steps")
  peer=
  if [ -f "make$steps" ]; then peer=$(median < "make$steps"); fi
  kib=$(awk '{ print $2 }' "rbk$steps" | largest)
  each=
  # What the program itself takes falls out of the difference to the smaller policy.
  if [ -n "$small" ]; then each=$(awk -v a="$kib" -v b="${small#* }" -v m="$steps" -v n="${small% *}" 'BEGIN { printf "%.0f", (a - b) * 1024 / (m - n) }'); fi
  small="$steps $kib"
  printf '| %-28s | %8s | %8s | %9s | %9s |\n' "$steps" "$(scaled "$took" 0.001 1)" "$(if [ -n "$peer" ]; then scaled "$peer" 0.001 1; fi)" "$(scaled "$kib" 0.001024 1)" "$each"
done
if [ -n "$peer" ]; then
  row "check of $steps steps in sequence" "$(scaled "$took" 0.001 0) ms, $(scaled "$kib" 0.001024 1) MB, $each B a step" "make -n: $(scaled "$peer" 0.001 0) ms" "$(ratio "$took" "$peer")" ""
else
  row "check of $steps steps in sequence" "$(scaled "$took" 0.001 0) ms, $(scaled "$kib" 0.001024 1) MB, $each B a step" "make -n cannot" "" "≤ 12 × a tenth of them"
fi
