#!/bin/sh
# Builds ../wasm/compute-core.wasm (a core module) and ../wasm/compute.wasm (the same as a component).
# Built with clang and lld 14.0.6 and wasm-tools 1.263.0.
set -eu
cd "$(dirname "$0")"
out=../wasm
mkdir -p "$out"

clang --target=wasm32 -Oz -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=4096 \
  compute.c -o "$out/compute-core.wasm"
wasm-tools strip --all "$out/compute-core.wasm" -o "$out/compute-core.wasm"
wasm-tools component embed compute.wit "$out/compute-core.wasm" -o "$out/compute.wasm"
wasm-tools component new "$out/compute.wasm" -o "$out/compute.wasm"
chmod 644 "$out"/*.wasm
sha256sum "$out"/*.wasm
