#!/usr/bin/env bash
# fuzz/run.sh SECONDS [TARGET…]: looks for texts that break what `src/lib.rs` promises, so long with each target
# (parse, check, fmt). With 0 only the seeds and the regressions are tried, once each: the same on every run.
#
# Works with the stable toolchain; needs a C++ compiler, for libFuzzer. What it finds lies in artifacts/.
set -eu
cd "$(dirname "$0")"

seconds=${1:?"usage: fuzz/run.sh SECONDS [TARGET…]"}
shift
if [ $# -eq 0 ]; then set -- parse check fmt; fi
if ! command -v "${CXX:-c++}" >/dev/null; then
  echo "fuzz: there is no C++ compiler: skipped"
  exit 0
fi

# Seeds: every policy of the project, in files and in pages.
rm -rf corpus/seeds
mkdir -p corpus/seeds artifacts
number=0
while IFS= read -r -d '' file; do
  cp "$file" "corpus/seeds/$number.rbk"
  number=$((number + 1))
done < <(find ../examples ../src ../benches -name '*.rbk' -type f -print0 | sort -z)
find ../docs ../examples ../tests/cases ../README.md -name '*.md' -type f -print0 | sort -z | xargs -0 awk -v out=corpus/seeds '
  /^ *```rbk/ && !inside { inside = 1; file = sprintf("%s/page%d.rbk", out, ++count); printf "" > file; next }
  /^ *```/ && inside { inside = 0; close(file); next }
  inside { print > file }'

# Coverage for libFuzzer, of rbk and of what it is built from, but not of build scripts.
host=$(rustc -vV | sed -n 's/^host: //p')
flags="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-trace-compares"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
# The versions of the project; cargo adds what only this needs.
cp ../Cargo.lock Cargo.lock
RUSTFLAGS="$flags" cargo build --release --quiet --target "$host" --bins
built=${CARGO_TARGET_DIR:-target}/$host/release

for target in "$@"; do
  options=(-artifact_prefix="artifacts/$target-" -timeout=300 -rss_limit_mb=4096 -max_len=16384 -print_final_stats=0)
  if [ "$seconds" -eq 0 ]; then
    # libFuzzer runs each file once where it is given files instead of folders.
    mapfile -d '' -t files < <(find corpus/seeds regressions -type f -size -16k -print0 | sort -z)
    "$built/$target" "${options[@]}" "${files[@]}" >"artifacts/$target.log" 2>&1 || { tail -n 40 "artifacts/$target.log"; exit 1; }
    echo "fuzz: $target holds for ${#files[@]} texts"
  else
    mkdir -p "corpus/$target"
    "$built/$target" "${options[@]}" -dict=rbk.dict -max_total_time="$seconds" "corpus/$target" corpus/seeds regressions
  fi
done
