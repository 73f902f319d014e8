#!/bin/bash
# Fuzzes: builds the preset `fuzz` and runs its targets, two at a time.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]      default: 60 seconds of each target
#
# Inputs that reach something new are kept in build/fuzz/corpus/TARGET, and runs begin with them and the checkout's own
# corpus. One line per target: runs, edges of the code reached, seconds, seed. A finding is named with the command that
# runs it again, and fails the script. $RINGDOWN_FUZZ_SEED is the seed of the first target, by default 1; the others
# count on.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

seconds=${1:-60}
[[ $seconds =~ ^[1-9][0-9]*$ ]] || die "'$seconds' is no number of seconds"
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || targets=(fuzz_decoder fuzz_processor fuzz_monitor fuzz_paging fuzz_devices fuzz_device_states fuzz_network fuzz_network_states fuzz_overlay fuzz_gzip)
seed=${RINGDOWN_FUZZ_SEED:-1}

cd "$RINGDOWN_ROOT"
for target in "${targets[@]}"; do
  [ -f "tests/fuzz/$target.cpp" ] || die "'$target' is no target: tests/fuzz has $(cd tests/fuzz && echo fuzz_*[a-z].cpp)"
done
need_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${FUZZ_PACKAGES[@]}"
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j 2 >&2
folder=build/fuzz
programs=$folder/tests/fuzz

# fuzz TARGET SEED: one target's run; its log stays beside its corpus.
fuzz() {
  local target=$1 log=$folder/$1.log began=$SECONDS
  mkdir -p "$folder/corpus/$target" "$folder/found/$target"
  local status=0
  "$programs/$target" -seed="$2" -max_total_time="$seconds" -max_len=1024 -len_control=0 -timeout=20 \
    -rss_limit_mb=2048 -detect_leaks=0 -print_final_stats=1 -artifact_prefix="$folder/found/$target/" \
    "$folder/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1 || status=$?
  printf '%s: %s runs, %s edges, %d seconds, seed %d\n' "$target" \
    "$(grep -oP '^stat::number_of_executed_units: *\K\d+' "$log" || grep -oP '^#\K\d+' "$log" | tail -n 1)" \
    "$(grep -oP ' cov: \K\d+' "$log" | tail -n 1)" $((SECONDS - began)) "$2"
  [ "$status" -eq 0 ] || report "$target" "$log"
}

# report TARGET LOG: names the finding and how to see it again.
report() {
  local input
  input=$(grep -oP 'Test unit written to \K.*' "$2" || true)
  say "$1 FOUND SOMETHING (all of it in $2):"
  say "  ${input:-no input was kept}"
  [ -z "$input" ] || say "  see it again with: $programs/replay_$1 $input"
  return 1
}

failed=0
for ((i = 0; i < ${#targets[@]}; i += 2)); do
  fuzz "${targets[i]}" $((seed + i)) &
  first=$!
  if [ $((i + 1)) -lt ${#targets[@]} ]; then fuzz "${targets[i + 1]}" $((seed + i + 1)) || failed=1; fi
  wait "$first" || failed=1
done
exit $failed
