#!/bin/sh
# Builds ../wasm/greeter.wasm with rustc and cargo 1.95.0 and their target wasm32-wasip2 (`rustup target add wasm32-wasip2`);
# wit-bindgen is pinned in Cargo.toml. wasm-tools 1.263.0 takes the names out.
set -eu
cd "$(dirname "$0")"
out=../wasm/greeter.wasm
mkdir -p ../wasm
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
wasm-tools strip --all "$target"/wasm32-wasip2/release/greeter.wasm -o "$out"
chmod 644 "$out"
sha256sum "$out"
