"""Builds ../wasm/greet.wasm from greet.c and greet.wat, with clang and lld 14.0.6 and the Python package wasmtime."""

import hashlib
import subprocess
import tempfile
from pathlib import Path

import wasmtime

HERE = Path(__file__).parent
OPTIONS = "--target=wasm32 -nostdlib -Oz -Wall -Wextra -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=16384"


def size_at(data: bytes, at: int) -> tuple[int, int]:
    """Reads a LEB128 number; gives it and the place after it."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def written(number: int) -> bytes:
    """Writes a LEB128 number."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def main() -> None:
    with tempfile.NamedTemporaryFile(suffix=".wasm") as module:
        subprocess.run(["clang", *OPTIONS.split(), HERE / "greet.c", "-o", module.name], check=True)
        code = Path(module.name).read_bytes()
    component = bytes(wasmtime.wat2wasm((HERE / "greet.wat").read_text()))
    out, at = bytearray(component[:8]), 8
    while at < len(component):
        section = component[at]
        length, begin = size_at(component, at + 1)
        body = code if section == 1 else component[begin : begin + length]  # section 1 is the core module
        out += bytes([section]) + written(len(body)) + body
        at = begin + length
    target = HERE.parent / "wasm" / "greet.wasm"
    target.write_bytes(out)
    print(f"{target.name}: {len(out)} bytes, sha256:{hashlib.sha256(out).hexdigest()}")


if __name__ == "__main__":
    main()
