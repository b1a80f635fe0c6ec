#!/bin/sh
# Builds ../wasm/callback.wasm: a component that imports wippy:runtime/funcs.
# Built with clang and lld 14.0.6, wasi-libc (Debian 12), wit-bindgen 0.63.0 and wasm-tools 1.263.0.
set -eu
cd "$(dirname "$0")"
out=../wasm/callback.wasm
bindings=$(mktemp -d)
trap 'rm -r "$bindings"' EXIT
mkdir -p ../wasm

wit-bindgen c wit --out-dir "$bindings"
clang --target=wasm32-wasi -mexec-model=reactor -nostartfiles -Oz -Wall -Wextra -Wno-unused-parameter -I "$bindings" \
  callback.c "$bindings"/callback.c "$bindings"/callback_component_type.o \
  -Wl,--no-entry -Wl,--strip-debug -Wl,-z,stack-size=16384 -o "$out"
wasm-tools component new "$out" -o "$out"
wasm-tools strip --all "$out" -o "$out"
chmod 644 "$out"
sha256sum "$out"
