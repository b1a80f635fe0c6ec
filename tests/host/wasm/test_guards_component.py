"""Components with one byte changed are taken where Wasmtime takes them, and only there: a fixed set of bytes in each small component."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from wasmtime import Engine, WasmtimeError, wat2wasm
from wasmtime.component import Component

from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused

FOLDER = Path(__file__).parent / "components"
ENGINE = Engine()
MOST = 2000  # larger ones hold the same sections many times
# What the standard has and this Wasmtime does not, or not switched on.
LIMITS = re.compile(r"not implemented|not supported|feature to be enabled|require the component model")
NEARBY = 5  # of the changed bytes, one in so many


def binaries() -> dict[str, bytes]:
    found = {path.stem: bytes(wat2wasm(path.read_text())) for path in sorted(FOLDER.glob("*.wat"))}
    return {name: data for name, data in found.items() if 8 < len(data) < MOST}


def changed(data: bytes) -> Iterator[bytes]:
    """Gives the component with a byte one higher, one lower, and zero, at places of the whole."""
    for at in range(8, len(data)):
        for new in {(data[at] + 1) % 256, (data[at] - 1) % 256, 0}:
            if (3 * at + new) % NEARBY == 0 and new != data[at]:
                yield data[:at] + bytes([new]) + data[at + 1 :]


def verdict(data: bytes) -> bool | None:
    """Tells whether we take a component; None for what is refused for another reason."""
    try:
        plan_component(decode(data))
    except Malformed:
        return False
    except Refused:
        return None
    return True


@pytest.mark.parametrize("name", binaries())
def test_a_changed_byte(name: str) -> None:
    """Whether it makes a component wrong is for Wasmtime to say."""
    seen = {True: 0, False: 0}
    for data in changed(binaries()[name]):
        ours = verdict(data)
        if ours is None:
            continue
        try:
            Component(ENGINE, data)
            theirs = True
        except WasmtimeError as error:
            if ours and LIMITS.search(str(error)):
                continue
            theirs = False
        assert ours == theirs, data.hex()
        seen[ours] += 1
    assert seen[False] > 10
