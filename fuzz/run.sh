#!/usr/bin/env bash
# Runs every fuzz target, or those named, for SECONDS each, one after the other, and
# prints a table row for each; fuzz/RESULTS.md keeps such rows.
#
#   fuzz/run.sh SECONDS [TARGET]...
#
# Needs a nightly toolchain and cargo-fuzz. Logs go to $LOGS, or the folder for
# temporary files; $TIMEOUT is what one input may take, in seconds. Exits with
# 1 if a target failed; its input is in fuzz/artifacts. `artifact_*` in place of TARGET
# stands for all of them.
set -euo pipefail

seconds=${1:?usage: fuzz/run.sh SECONDS [TARGET]...}
shift
cd "$(dirname "$0")/.."
logs=${LOGS:-${TMPDIR:-/tmp}}
mkdir -p "$logs"

mapfile -t targets < <(cargo +nightly fuzz list)
if (($#)); then
  all=("${targets[@]}")
  targets=()
  for wanted in "$@"; do
    found=0
    for target in "${all[@]}"; do
      # shellcheck disable=SC2053  # a pattern is meant
      if [[ $target == $wanted ]]; then
        targets+=("$target")
        found=1
      fi
    done
    ((found)) || {
      echo "there is no target $wanted" >&2
      exit 2
    }
  done
fi
[[ -d fuzz/corpus/artifact_zip ]] || python3 fuzz/artifact_seeds.py fuzz/corpus
[[ -d fuzz/corpus/engine ]] ||
  cargo run -q --manifest-path fuzz/Cargo.toml --target-dir target --example seeds -- fuzz/corpus rules

status=0
echo '| date | target | executions | seconds | result |'
echo '|---|---|---|---|---|'
for target in "${targets[@]}"; do
  cargo +nightly fuzz build "$target" >"$logs/fuzz-build-$target.log" 2>&1 || {
    echo "| $(date -u +%F) | $target | 0 | 0 | did not build |"
    status=1
    continue
  }
  options=(-max_total_time="$seconds" -print_final_stats=1 -timeout="${TIMEOUT:-20}" -rss_limit_mb=3000)
  case $target in
    engine | render) options+=(-max_len=8192 -dict=fuzz/corpus/anchors.dict) ;;
    artifact*) options+=(-max_len=65536) ;;
    rule_file | import) options+=(-max_len=6000) ;;
    pieces) options+=(-max_len=300 -len_control=0) ;;
  esac
  log=$logs/fuzz-$target.log
  started=$SECONDS
  result=clean
  mkdir -p "fuzz/corpus/$target"
  cargo +nightly fuzz run "$target" -- "${options[@]}" >"$log" 2>&1 || {
    result="failed: see $(basename "$log")"
    status=1
  }
  count=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
  echo "| $(date -u +%F) | $target | ${count:-0} | $((SECONDS - started)) | $result |"
done
exit $status
