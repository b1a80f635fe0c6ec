#!/bin/sh
# Builds sockets.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip2 (`rustup target add wasm32-wasip2`);
# wasip2 and wit-bindgen are pinned in Cargo.toml.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
cp "$target"/wasm32-wasip2/release/sockets.wasm sockets.wasm
chmod 644 sockets.wasm
sha256sum sockets.wasm
