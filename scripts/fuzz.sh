#!/usr/bin/env bash
# Runs every fuzz target under libFuzzer, each for FUZZ_SECONDS (60). Needs a nightly toolchain and cargo-fuzz; says so and
# ends well where they are not. TARGETS="datagram stream" limits it to those. A finding is kept in fuzz/artifacts and fails
# the run; what new inputs reach is kept in fuzz/grown, beside the committed corpora, which ordinary tests replay.
set -uo pipefail
cd "$(dirname "$0")/.."

skip() {
  echo "skipped: $1"
  exit 0
}

cargo +nightly --version >/dev/null 2>&1 || skip "no nightly toolchain (rustup toolchain install nightly)"
cargo fuzz --version >/dev/null 2>&1 || skip "no cargo-fuzz (cargo install cargo-fuzz --locked)"

failed=()
for target in ${TARGETS:-datagram stream configuration}; do
  echo "== fuzz $target: ${FUZZ_SECONDS:-60} s"
  mkdir -p "fuzz/grown/$target"
  features=()
  [ "$target" != configuration ] || features=(--features configuration)
  # The first folder is written to.
  cargo +nightly fuzz run "${features[@]}" "$target" "fuzz/grown/$target" "fuzz/corpus/$target" -- \
    -max_total_time="${FUZZ_SECONDS:-60}" -max_len=4096 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 ||
    failed+=("$target")
done
[ "${#failed[@]}" = 0 ] || { echo "found something: ${failed[*]} (fuzz/artifacts)"; exit 1; }
