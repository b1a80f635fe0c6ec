#!/bin/sh
# Builds wide.wasm: large types and odd names, from what generate.py writes. Built with wasm-tools 1.263.0.
set -eu
cd "$(dirname "$0")"
sources=$(mktemp -d)
trap 'rm -r "$sources"' EXIT

python3 generate.py "$sources"
wasm-tools component embed "$sources/wit" "$sources/wide.wat" --world wide -o wide.wasm
wasm-tools component new wide.wasm -o wide.wasm
wasm-tools strip --all wide.wasm -o wide.wasm
chmod 644 wide.wasm
sha256sum wide.wasm
