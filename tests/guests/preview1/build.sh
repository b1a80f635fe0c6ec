#!/bin/sh
# Builds preview1.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip1 (`rustup target add wasm32-wasip1`);
# wit-bindgen is pinned in Cargo.toml. wasm-tools 1.263.0 takes the names out.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip1 --target-dir "$target"
wasm-tools strip --all "$target"/wasm32-wasip1/release/preview1.wasm -o preview1.wasm
chmod 644 preview1.wasm
sha256sum preview1.wasm
