#!/bin/sh
# Builds ../wasm/tax.wasm and ../wasm/invoice.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip2
# (`rustup target add wasm32-wasip2`); wit-bindgen is pinned in both Cargo.toml.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

mkdir -p ../wasm
for guest in tax invoice; do
  (cd "$guest" && cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target")
  cp "$target/wasm32-wasip2/release/$guest.wasm" ../wasm/
  chmod 644 "../wasm/$guest.wasm"
done
sha256sum ../wasm/*.wasm
