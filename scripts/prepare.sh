#!/usr/bin/env bash
# Sees to it that what the tests need is there: installs it on Debian when root, else says what is missing.
set -euo pipefail

# program: package that brings it
wanted=(
  chromium:chromium
  certutil:libnss3-tools
  firefox-esr:firefox-esr
  turnutils_uclient:coturn
)

missing=()
for pair in "${wanted[@]}"; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
# Screenshots of the Chinese page are empty boxes without a font for it.
if ! fc-list :lang=zh 2>/dev/null | grep -q .; then missing+=(fontconfig fonts-noto-cjk); fi

for program in cargo node npm; do
  command -v "$program" >/dev/null || { echo "missing: $program (Rust and Node are needed to build)" >&2; exit 1; }
done
# Vite's own floor.
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  echo "missing: Node 20.19 or later (this is $(node --version))" >&2
  exit 1
fi

# An ICE agent to test the relay with. Without it its tests are skipped.
target=${CARGO_TARGET_DIR:-$(dirname "$0")/../target}
aioice=$target/aioice
mkdir -p "$target"
if ! "$aioice/bin/python" -c 'import aioice' 2>/dev/null; then
  rm -rf "$aioice"
  if ! { python3 -m venv "$aioice" && "$aioice/bin/pip" install -q --retries 1 aioice==0.13.0; } >"$target/aioice.log" 2>&1; then
    rm -rf "$aioice"
    echo "not installed: aioice, whose tests are skipped (Python with venv and pip are needed; $target/aioice.log)" >&2
  fi
fi

[ "${#missing[@]}" = 0 ] && exit 0
if [ -f /etc/debian_version ] && [ "$(id -u)" = 0 ]; then
  echo "installing: ${missing[*]}"
  apt-get update -qq
  # Run level 1: init systems that look at it do not start an installed server.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
else
  echo "missing: ${missing[*]} (Debian's package names). Install them, or run as root on Debian." >&2
  exit 1
fi
