#!/bin/sh
# Builds ../wasm/tally.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip2 (`rustup target add wasm32-wasip2`);
# wit-bindgen is pinned in Cargo.toml.
set -eu
cd "$(dirname "$0")"
mkdir -p ../wasm
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
cp "$target"/wasm32-wasip2/release/tally.wasm ../wasm/tally.wasm
chmod 644 ../wasm/tally.wasm
sha256sum ../wasm/tally.wasm
