#!/usr/bin/env bash
# 5,000 independent steps that do nothing, two at once, against make without a shell and the floor of the machine.
# rbk keeps stdout and stderr of each and its journal; make keeps nothing.
source "$(dirname "$0")/measure.sh"
build

steps=${STEPS:-5000} jobs=${JOBS:-2}
{
  echo 'policy many "Many steps" { root "." }'
  echo
  echo 'phase main "Main" {'
  echo '  parallel {'
  for ((i = 0; i < steps; i++)); do echo "    step s$i { idempotent; exec([\"/bin/true\"]) }"; done
  echo '  }'
  echo '}'
} > "$work/many.rbk"
{
  names=$(seq -s ' ' -f 's%.0f' 0 $((steps - 1)))
  echo ".PHONY: all $names"
  echo "all: $names"
  for ((i = 0; i < steps; i++)); do printf 's%d:\n\t@/bin/true\n' "$i"; done
} > "$work/many.mk"
{
  echo "rule t"
  echo "  command = /bin/true"
  for ((i = 0; i < steps; i++)); do echo "build s$i: t"; done
} > "$work/many.ninja"

cd "$work"
for _ in $(seq "$rounds"); do
  ./spawn plain "$steps" "$jobs" >> plain
  ./spawn captured "$steps" "$jobs" >> captured
  ./clock 1 make -s -j"$jobs" -f many.mk >> make
  if command -v ninja >/dev/null; then ./clock 1 ninja --quiet -j"$jobs" -f many.ninja >> ninja; fi
  rm -rf .rbk
  ./clock 1 "$rbk" run many.rbk --jobs "$jobs" --yes >> rbk
done

about
printf '| %-44s | %8s | %7s | %9s |\n' "$steps steps, $jobs at once" "µs/step" "× make" "peak MiB"
echo "|---|---|---|---|"
floor=$(awk -v n="$steps" '{ print $1 / n }' make | median)
line() { # FILE NAME DIVISOR
  [ -f "$1" ] || return 0
  local took memory=
  took=$(awk -v n="$3" '{ print $1 / n }' "$1" | median)
  if [ "$3" != 1 ]; then memory=$(scaled "$(awk '{ print $2 }' "$1" | largest)" 0.0009765625 1); fi
  printf '| %-44s | %8s | %7s | %9s |\n' "$2" "$(scaled "$took" 1 0)" "$(ratio "$took" "$floor")" "$memory"
}
line plain "floor: processes alone" 1
line captured "floor: with captured output" 1
line make "make, no shell" "$steps"
line ninja "ninja" "$steps"
line rbk "rbk run, journal on, output kept" "$steps"
peak=$(scaled "$(awk '{ print $2 }' rbk | largest)" 0.001024 1)
row "$steps steps that do nothing, $jobs at once, journal on: time a step" "$(scaled "$(awk -v n="$steps" '{ print $1 / n }' rbk | median)" 1 0) µs" \
  "make without a shell: $(scaled "$floor" 1 0) µs" "$(ratio "$(awk -v n="$steps" '{ print $1 / n }' rbk | median)" "$floor")" ""
row "the same: peak memory" "$peak MB" "make: $(scaled "$(awk '{ print $2 }' make | largest)" 0.001024 1) MB" \
  "$(ratio "$peak" "$(scaled "$(awk '{ print $2 }' make | largest)" 0.001024 3)")" "under 40 MB"
