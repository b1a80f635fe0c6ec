#!/bin/sh
# Builds plugged.wasm: a component that exports an interface, plugged into one that imports it. Built with rustc 1.95.0 (its target
# wasm32-wasip2 makes components), wac 0.12.0 and wit-bindgen as pinned in Cargo.toml; any place for cargo's files will do.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

for part in shelf reader; do
  (cd "$part" && cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target")
done
wac plug "$target"/wasm32-wasip2/release/reader.wasm --plug "$target"/wasm32-wasip2/release/shelf.wasm -o plugged.wasm
chmod 644 plugged.wasm
sha256sum plugged.wasm
