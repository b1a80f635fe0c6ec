#!/bin/sh
# Builds outside.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip2 (`rustup target add wasm32-wasip2`);
# wasip2 and wit-bindgen are pinned in Cargo.toml. wasm-tools 1.263.0 takes the names out.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
wasm-tools strip --all "$target"/wasm32-wasip2/release/outside.wasm -o outside.wasm
chmod 644 outside.wasm
sha256sum outside.wasm
