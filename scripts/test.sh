#!/usr/bin/env bash
# Runs every suite and ends with one line, `N passed, N failed`, that sums them all.
#
# A suite that fails does not stop the ones after it: one run tells everything. A suite that fails, or that ran
# nothing, makes the whole run fail. Suites whose sources are not there are not mentioned. Logs: target/test-logs.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
target=${CARGO_TARGET_DIR:-$root/target}
logs=$target/test-logs
mkdir -p "$logs" && rm -f "$logs"/*

passed=0 failed=0 skipped=0 broken=()

# suite NAME FORMAT COMMAND...: runs it, shows its output, adds what scripts/count.mjs reads from its log.
suite() {
  local name=$1 format=$2 log=$logs/$1.log status p f s begin=$SECONDS
  shift 2
  echo "== $name"
  "$@" 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  read -r p f s < <(node scripts/count.mjs "$format" "$log" "$status")
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  if [ "$status" != 0 ] || [ "$f" != 0 ] || [ $((p + f)) = 0 ]; then broken+=("$name"); fi
  echo "== $name: $p passed, $f failed, $s skipped ($((SECONDS - begin)) s)"
}

# check NAME COMMAND...: a suite that is one yes or no.
check() { suite "$1" status "${@:2}"; }

web() { (cd web && "$@"); }
has_script() { node -e 'process.exit(require(process.argv[1]).scripts?.[process.argv[2]] ? 0 : 1)' "$root/web/$1/package.json" "$2"; }
has_rust_tests() { grep -rqE '^\s*#\[(tokio::)?test' --include='*.rs' crates bench; }
has_files() { [ -n "$(git ls-files "$@")" ]; }

rust_tests() {
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --locked --no-fail-fast --status-level fail --final-status-level fail
  else
    cargo test --workspace --locked --no-fail-fast --lib --bins --tests
  fi
}

scripts/prepare.sh || exit 1

check npm-ci web npm ci --no-progress
suite scripts tap node --test scripts/
check repository node scripts/check-repository.mjs
check licences node scripts/check-licences.mjs
if cargo deny --version >/dev/null 2>&1; then check cargo-deny cargo deny --locked check licenses; fi

check rustfmt cargo fmt --all --check
check prettier web npx prettier --check --log-level warn . ../scripts ../bench
for part in sdk app e2e; do
  if has_script $part typecheck; then check types-$part web npm run --silent typecheck -w $part; fi
  if has_script $part lint; then check lint-$part web npm run --silent lint -w $part; fi
done
for part in sdk app; do
  if has_script $part test; then suite unit-$part vitest web npm run --silent test -w $part; fi
done
# The page is embedded in the binary, so it comes before everything that compiles the server.
if has_script app build; then check page web npm run --silent build -w app; fi

check clippy cargo clippy --workspace --all-targets --locked -- -D warnings
if has_rust_tests; then
  suite rust-tests rust rust_tests
  # nextest leaves the examples in the documentation out.
  if grep -rqE '^\s*//[/!] ```' --include='*.rs' crates bench; then
    suite rust-examples rust cargo test --workspace --locked --doc
  fi
fi
check release cargo build --release --locked

if has_files 'web/e2e/tests/*.spec.ts'; then
  suite e2e playwright web npm run --silent test -w e2e
fi

echo
for name in "${broken[@]-}"; do [ -z "$name" ] || echo "not in order: $name (log: ${logs#"$root"/}/$name.log)"; done
summary="$passed passed, $failed failed"
[ "$skipped" = 0 ] || summary+=", $skipped skipped"
echo "$summary"
[ "${#broken[@]}" = 0 ]
