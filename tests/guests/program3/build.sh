#!/bin/sh
# Builds program3.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip2 (`rustup target add wasm32-wasip2`);
# wasip3 and wit-bindgen are pinned in Cargo.toml.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
cp "$target"/wasm32-wasip2/release/program3.wasm program3.wasm
chmod 644 program3.wasm
sha256sum program3.wasm
