#!/usr/bin/env bash
# A check of a whole repository: POLICIES files (1,000 unless said) of sixty lines in folders of ten, nothing changed
# since the last check, against reading the same files and no more.
source "$(dirname "$0")/measure.sh"
build

policies=${POLICIES:-1000}
mkdir "$work/repository"
(cd "$work/repository" && git init --quiet)
for ((number = 0; number < policies; number++)); do
  folder=$work/repository/service$((number / 10))
  mkdir -p "$folder"
  cp "$here/sixty.rbk" "$folder/policy$number.rbk"
done

cd "$work/repository"
for _ in $(seq "$rounds"); do
  "$work/clock" 1 "$rbk" check --quiet . >> "$work/check"
  "$work/clock" 1 "$rbk" fmt --check --quiet . >> "$work/fmt"
  "$work/clock" 1 grep -rc policy . >> "$work/read" 2>/dev/null
done

floor=$(median < "$work/read")
about
printf '| %-36s | %8s | %9s | %9s |\n' "$policies policies of 60 lines" "ms" "× reading" "peak MiB"
echo "|---|---|---|---|"
for side in "read:reading them (grep -r)" "check:rbk check" "fmt:rbk fmt --check"; do
  took=$(median < "$work/${side%%:*}")
  memory=$(awk '{ print $2 }' "$work/${side%%:*}" | largest)
  printf '| %-36s | %8s | %9s | %9s |\n' "${side#*:}" "$(scaled "$took" 0.001 1)" "$(ratio "$took" "$floor")" "$(scaled "$memory" 0.0009765625 1)"
done
