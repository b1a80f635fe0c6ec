#!/bin/sh
# Builds two components from a core module for WASI 0.1 and Wasmtime's adapter. wasi.wasm looks for its mounts as soon as
# it is instantiated, as older versions of wasi-libc do. wasi-unstarted.wasm lacks that start-up code: it imports as much
# and uses nothing of it until a function does, so it serves where nothing is granted. wasi-core.wasm is the core module alone.
# Give the adapter's path in ADAPTER: artefacts/wasi_snapshot_preview1.reactor.wasm of the crate
# wasi-preview1-component-adapter-provider, version 48.0.8 (Apache-2.0 WITH LLVM-exception).
# Built with clang and lld 14.0.6, wasi-libc (Debian 12), wit-bindgen 0.63.0 and wasm-tools 1.263.0.
set -eu
cd "$(dirname "$0")"
bindings=$(mktemp -d)
trap 'rm -r "$bindings"' EXIT

wit-bindgen c wasi.wit --out-dir "$bindings"

build() {
  name=$1
  shift
  clang --target=wasm32-wasi -mexec-model=reactor -Oz -Wall -Wextra -Wno-unused-parameter -I "$bindings" "$@" \
    wasi.c "$bindings"/wasi.c "$bindings"/wasi_component_type.o -Wl,--strip-debug -o "$name"
  [ "$name" = wasi.wasm ] && wasm-tools strip --all "$name" -o wasi-core.wasm
  wasm-tools component new "$name" --adapt wasi_snapshot_preview1="${ADAPTER:?}" -o "$name"
  wasm-tools strip --all "$name" -o "$name"
  chmod 644 "$name"
  sha256sum "$name"
}

build wasi.wasm
build wasi-unstarted.wasm -DUNSTARTED -nostartfiles -Wl,--no-entry
