#!/bin/sh
# Builds lines.wasm. Built with Rust 1.95.0 with the target wasm32-wasip2; the crates are pinned in Cargo.toml.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
cp "$target"/wasm32-wasip2/release/lines.wasm ../wasm/lines.wasm
chmod 644 ../wasm/lines.wasm
sha256sum ../wasm/lines.wasm
