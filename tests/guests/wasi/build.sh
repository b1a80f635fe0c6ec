#!/bin/sh
# Builds wasi.wasm: a core module for WASI 0.1, made a component by Wasmtime's adapter. Give the adapter's path in ADAPTER:
# artefacts/wasi_snapshot_preview1.reactor.wasm of the crate wasi-preview1-component-adapter-provider, version 48.0.8.
# Built with clang and lld 14.0.6, wasi-libc (Debian 12), wit-bindgen 0.63.0 and wasm-tools 1.263.0.
set -eu
cd "$(dirname "$0")"
bindings=$(mktemp -d)
trap 'rm -r "$bindings"' EXIT

wit-bindgen c wasi.wit --out-dir "$bindings"
clang --target=wasm32-wasi -mexec-model=reactor -Oz -Wall -Wextra -Wno-unused-parameter -I "$bindings" \
  wasi.c "$bindings"/wasi.c "$bindings"/wasi_component_type.o -Wl,--strip-debug -o wasi.wasm
wasm-tools component new wasi.wasm --adapt wasi_snapshot_preview1="${ADAPTER:?}" -o wasi.wasm
wasm-tools strip --all wasi.wasm -o wasi.wasm
chmod 644 wasi.wasm
sha256sum wasi.wasm
