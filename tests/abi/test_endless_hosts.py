"""Guests that use the host without end: their limit ends them, others of their lane go on meanwhile, and memory stays as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.hosted import ALL, component, lift
from tests.texts import texts

lua, _ = texts(__file__)

REALLOC = '(func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))'
STEPS = {
    "prints": "(call $blocking-write (local.get $h) (i32.const 0) (i32.const 60000) (i32.const 64))",
    "zeroes": "(call $blocking-zeroes (local.get $h) (i64.const 1000000) (i32.const 64))",
    "polls": """(i32.store (i32.const 16) (call $subscribe (local.get $h))) (call $poll (i32.const 16) (i32.const 1) (i32.const 64))
      (call $drop-pollable (i32.load (i32.const 16)))""",
    "blocks": "(i32.store (i32.const 16) (call $instant (i64.const 0))) (call $block (i32.load (i32.const 16))) "
    "(call $drop-pollable (i32.load (i32.const 16)))",
    "bytes": "(call $random (i64.const 1000) (i32.const 64))",
    "opens": "(call $drop-output (call $stdout))",
    "looks": "(call $arguments (i32.const 64))",
}
SCRIPT = lua("script")


def peak() -> int:
    """Gives the most memory that the process has had since it was last reset, in KiB."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


def run(name: str, folder: Path) -> None:
    """Calls an endless guest until others had the processor beside it twice; writes what came of it, and the peaks of those calls."""
    core = f'(func (export "f") (result i32) (local $h i32) (local.set $h (call $stdout)) (loop $l {STEPS[name]} (br $l)) (i32.const 7))'
    entry = f"name: {name}, kind: function.wat, source: file://g.wat, method: f, {ALL}, limits: {{max_execution_ms: 200}}"
    state = State(folder, [entry], {"g.wat": component(core, lift("f", "(result u32)"), REALLOC)})
    messages: list[str] = []
    peaks: list[int] = []
    # On a busy machine the limit may pass before others had the processor at all.
    while len(messages) < 10 and len(peaks) < 2:
        Path("/proc/self/clear_refs").write_text("5")  # has the kernel count the peak anew
        answer = state.boot[b"run"](SCRIPT.replace("NAME", name).encode(), b"@s.lua", buffer.encode([]))
        messages.append(buffer.decode(answer[0]).message)
        if messages[-1] == "Timeout beside others":
            peaks.append(peak())
    state.close()
    (folder / "report.json").write_text(json.dumps([messages, peaks]))


@pytest.mark.parametrize("name", STEPS)
def test_without_end(tmp_path: Path, name: str) -> None:
    """Prints, polls, waits, handles and random bytes, for as long as the limit allows, in a process of its own."""
    command = [sys.executable, "-m", "tests.abi.test_endless_hosts", name, str(tmp_path)]
    subprocess.run(command, cwd=Path(__file__).parents[2], stdout=subprocess.DEVNULL, timeout=300, check=True)
    messages, peaks = json.loads((tmp_path / "report.json").read_text())
    assert set(messages) <= {"Timeout beside others", "Timeout alone"}
    assert len(peaks) == 2 and peaks[1] - peaks[0] < 30_000


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]))
