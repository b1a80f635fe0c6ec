#!/bin/sh
# Builds ../wasm/shop.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip2 (`rustup target add wasm32-wasip2`);
# wit-bindgen is pinned in Cargo.toml.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
mkdir -p ../wasm
cp "$target"/wasm32-wasip2/release/shop.wasm ../wasm/shop.wasm
chmod 644 ../wasm/shop.wasm
sha256sum ../wasm/shop.wasm
