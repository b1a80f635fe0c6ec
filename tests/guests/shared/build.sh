#!/bin/sh
# Builds shared.wasm.
# Built with clang and lld 14.0.6, wasi-libc (Debian 12), wit-bindgen 0.63.0 and wasm-tools 1.263.0.
set -eu
cd "$(dirname "$0")"
bindings=$(mktemp -d)
trap 'rm -r "$bindings"' EXIT

wit-bindgen c shared.wit --out-dir "$bindings"
clang --target=wasm32-wasi -mexec-model=reactor -nostartfiles -Oz -Wall -Wextra -Wno-unused-parameter -I "$bindings" \
  shared.c "$bindings"/shared.c "$bindings"/shared_component_type.o \
  -Wl,--no-entry -Wl,--strip-debug -Wl,-z,stack-size=16384 -o shared.wasm
wasm-tools component new shared.wasm -o shared.wasm
wasm-tools strip --all shared.wasm -o shared.wasm
chmod 644 shared.wasm
sha256sum shared.wasm
