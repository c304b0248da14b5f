# run: build and start; test: everything that must hold; bench: measure and write docs/benchmarks.md; fmt: format.
DATA ?= ./magpie-data
TARGET := $(or $(CARGO_TARGET_DIR),target)
MAGPIE := $(TARGET)/release/magpie

.PHONY: run build page test bench fmt

run: build
	exec $(MAGPIE) serve --data $(DATA)

# The page is embedded in the binary, so it is built first.
build: page
	cargo build --release --locked

page: web/node_modules/.package-lock.json
	cd web && npm run build -w app

web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci

test:
	scripts/test.sh

bench: build
	node bench/all.mjs $(MAGPIE)

fmt: web/node_modules/.package-lock.json
	cargo fmt --all
	cd web && npx prettier --write --log-level warn . ../scripts ../bench
