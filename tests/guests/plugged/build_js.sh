#!/bin/sh
# Builds plugged_js.wasm: the same shelf, plugged into a reader in JavaScript, on QuickJS. Built as plugged.wasm is, and with
# componentize-qjs 0.4.5 of npm.
set -eu
cd "$(dirname "$0")"
target=$(mktemp -d)
trap 'rm -r "$target"' EXIT

mkdir "$target"/wit
cp shelf.wit "$target"/wit
componentize-qjs --wit "$target"/wit --js reader.js --world reader --opt-size --sync --minify --output "$target"/reader.wasm
(cd shelf && cargo build --quiet --release --target wasm32-wasip2 --target-dir "$target")
wac plug "$target"/reader.wasm --plug "$target"/wasm32-wasip2/release/shelf.wasm -o plugged_js.wasm
chmod 644 plugged_js.wasm
sha256sum plugged_js.wasm
