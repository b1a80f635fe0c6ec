"""Components that are wrong, or that Moonwit does not take: each file's first line is the error that it must give."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import Engine, WasmtimeError, wat2wasm
from wasmtime.component import Component

from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed, Refused

WRONG = sorted((Path(__file__).parent / "wrong").glob("*.wat"))


@pytest.mark.parametrize("path", WRONG, ids=lambda path: path.stem)
def test_error_is_the_one_in_the_first_line(path: Path) -> None:
    """A wrong component is refused with the sentence that its first line has."""
    text = path.read_text()
    kind, _, sentence = text.partition("\n")[0].removeprefix(";; ").partition(": ")
    data = bytes(wat2wasm(text))
    with pytest.raises((Malformed, Refused)) as caught:
        plan_component(decode(data))
    assert (type(caught.value).__name__, str(caught.value)) == (kind, sentence)


@pytest.mark.parametrize("path", [path for path in WRONG if path.read_text().startswith(";; Malformed")], ids=lambda path: path.stem)
def test_wasmtime_finds_malformed_ones_wrong_too(path: Path) -> None:
    """What we call malformed Wasmtime does not take either."""
    with pytest.raises(WasmtimeError):
        Component(Engine(), bytes(wat2wasm(path.read_text())))
