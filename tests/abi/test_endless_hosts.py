"""Guests that use the host without end: their limit ends them, others of their lane go on meanwhile, and memory stays as it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.hosted import ALL, component, lift

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
SCRIPT = """
local funcs, time = require "funcs", require "time"
local ticks = 0
coroutine.spawn(function() while true do time.sleep("1ms") ticks = ticks + 1 end end)
local value, err = funcs.call("t:NAME")
error(err:kind() .. (ticks > 0 and " beside others" or " alone"), 0)
"""


def peak() -> int:
    """Gives the most memory that the process has had since it was last reset, in KiB."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


@pytest.fixture
def nobody_reads() -> Iterator[None]:
    """Throws away what is written to standard output: pytest would keep all of it in memory."""
    sys.stdout.flush()
    before, null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    yield
    os.dup2(before, 1)
    os.close(before)
    os.close(null)


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.usefixtures("nobody_reads")
def test_without_end(tmp_path: Path, name: str) -> None:
    """Prints, polls, waits, handles and random bytes, for as long as the limit allows."""
    core = f'(func (export "f") (result i32) (local $h i32) (local.set $h (call $stdout)) (loop $l {STEPS[name]} (br $l)) (i32.const 7))'
    entry = f"name: {name}, kind: function.wat, source: file://g.wat, method: f, {ALL}, limits: {{max_execution_ms: 200}}"
    state = State(tmp_path, [entry], {"g.wat": component(core, lift("f", "(result u32)"), REALLOC)})
    # On a busy machine the limit may pass before others had the processor at all: what counts are two calls in which they had it.
    peaks: list[int] = []
    for _ in range(10):
        # Has the kernel count the peak anew: that of the whole process may be another test's.
        Path("/proc/self/clear_refs").write_text("5")
        answer = state.boot[b"run"](SCRIPT.replace("NAME", name).encode(), b"@s.lua", buffer.encode([]))
        message = buffer.decode(answer[0]).message
        assert message in ("Timeout beside others", "Timeout alone")
        if message == "Timeout beside others":
            peaks.append(peak())
            if len(peaks) == 2:
                break
    assert len(peaks) == 2 and peaks[1] - peaks[0] < 30_000
    state.close()
