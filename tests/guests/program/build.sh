#!/bin/sh
# Builds the same program as a core module for WASI 0.1 from C, Go and Rust, and from Rust as a component that exports wasi:cli/run.
# Built with clang and lld 14.0.6 and wasi-libc (Debian 12), Go 1.26.8, and rustc and cargo 1.95.0 with their targets wasm32-wasip1
# and wasm32-wasip2 (`rustup target add wasm32-wasip1 wasm32-wasip2`). wasm-tools 1.263.0 takes out names and debug information.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

clang --target=wasm32-wasi -Oz -Wall -Wextra program.c -Wl,--strip-all -o c.wasm
GOOS=wasip1 GOARCH=wasm go build -trimpath -ldflags "-s -w" -o go.wasm program.go
wasm-tools strip --all go.wasm -o go.wasm
cargo build --quiet --release --target wasm32-wasip1 --target-dir "$target"
cp "$target"/wasm32-wasip1/release/program.wasm rust.wasm
cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target"
wasm-tools strip --all "$target"/wasm32-wasip2/release/program.wasm -o rust-p2.wasm
chmod 644 c.wasm go.wasm rust.wasm rust-p2.wasm
sha256sum c.wasm go.wasm rust.wasm rust-p2.wasm
