#!/bin/sh
# Builds ../wasm/greet.wasm: the module from greet.c, in the component of greet.wat.
# Built with clang and lld 14.0.6 and the Python package wasmtime 50.0.1.
set -eu
cd "$(dirname "$0")"
mkdir -p ../wasm
python3 build.py
