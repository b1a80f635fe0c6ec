#!/bin/sh
# Builds composed.wasm: two components that call each other, put into one. Built with wasm-tools 1.263.0.
set -eu
cd "$(dirname "$0")"
parts=$(mktemp -d)
trap 'rm -r "$parts"' EXIT

for part in text run; do wasm-tools parse "$part.wat" -o "$parts/$part.wasm"; done
wasm-tools compose "$parts/run.wasm" -d "$parts/text.wasm" -o composed.wasm
wasm-tools strip --all composed.wasm -o composed.wasm
chmod 644 composed.wasm
sha256sum composed.wasm
