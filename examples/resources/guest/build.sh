#!/bin/sh
# Builds ../wasm/library.wasm. Built with Debian's rustc-web and rust-web-src 1.96.0 (the standard library is compiled
# along: no wasm target needs to be installed), cargo 1.95.0, lld 19.1.7 and wasm-tools 1.263.0; wit-bindgen is pinned in
# Cargo.toml.
set -eu
cd "$(dirname "$0")"
out=../wasm/library.wasm
mkdir -p ../wasm
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

export RUSTC="${RUSTC:-/usr/bin/rustc}" RUSTC_BOOTSTRAP=1
export CARGO_UNSTABLE_BUILD_STD=std,panic_abort CARGO_UNSTABLE_BUILD_STD_FEATURES=optimize_for_size
export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19 RUSTFLAGS=-Zlocation-detail=none

cargo build --quiet --release --target wasm32-unknown-unknown --target-dir "$target"
wasm-tools component new "$target"/wasm32-unknown-unknown/release/library.wasm -o "$out"
wasm-tools strip --all "$out" -o "$out"
chmod 644 "$out"
sha256sum "$out"
