# run: build and start; test: everything that must hold; bench: measure and write docs/benchmarks.md; fmt: format;
# fuzz: each fuzz target for FUZZ_SECONDS, where there is a nightly toolchain (no part of test).
DATA ?= ./magpie-data
TARGET := $(or $(CARGO_TARGET_DIR),target)
MAGPIE := $(TARGET)/release/magpie
PAGE := web/app/dist/index.html
PAGE_SOURCES := $(shell find web/app web/sdk -type f -not -path '*/node_modules/*' -not -path '*/dist*/*' -not -name '*.test.ts*') \
  $(wildcard docs/clients.md docs/protocol.md)

.PHONY: run build page test bench fuzz fmt
# A page that failed half-way is built again.
.DELETE_ON_ERROR:

run: build
	exec $(MAGPIE) serve --data $(DATA)

# The page is embedded in the binary, so it is built first.
build: $(PAGE)
	cargo build --release --locked

page: $(PAGE)

$(PAGE): $(PAGE_SOURCES) web/node_modules/.package-lock.json
	cd web && npm run build -w app

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci

test:
	scripts/test.sh

bench: build
	node bench/all.mjs $(MAGPIE)

fuzz:
	scripts/fuzz.sh

fmt: web/node_modules/.package-lock.json
	cargo fmt --all
	cd web && npx prettier --write --log-level warn . ../scripts ../bench
