#!/usr/bin/env bash
# The start of the program against a hello world with the same argument parser.
source "$(dirname "$0")/measure.sh"
build

each=${EACH:-100}
for _ in $(seq "$rounds"); do
  "$work/clock" "$each" "$hello" >> "$work/hello"
  "$work/clock" "$each" "$rbk" --version >> "$work/version"
  "$work/clock" "$each" "$rbk" check "$here/sixty.rbk" >> "$work/check"
  "$work/clock" "$each" true >> "$work/true"
done

floor=$(median < "$work/hello")
about
printf '| %-36s | %8s | %9s | %9s |\n' "start-up" "ms" "× hello" "peak MiB"
echo "|---|---|---|---|"
for side in "true:true" "hello:hello world with clap" "version:rbk --version" "check:rbk check, 60 lines"; do
  took=$(median < "$work/${side%%:*}")
  memory=$(awk '{ print $2 }' "$work/${side%%:*}" | largest)
  printf '| %-36s | %8s | %9s | %9s |\n' "${side#*:}" "$(scaled "$took" 0.001 2)" "$(ratio "$took" "$floor")" "$(scaled "$memory" 0.0009765625 1)"
  case $side in
    version:* | check:*)
      row "\`${side#*:}\`" "$(scaled "$took" 0.001 2) ms" "hello world with clap: $(scaled "$floor" 0.001 2) ms" "$(ratio "$took" "$floor")" "at most 2"
      ;;
  esac
done
