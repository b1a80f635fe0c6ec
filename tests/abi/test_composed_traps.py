"""What a script is told when a value that passes between two component instances is wrong, and how large adapters may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

import moonwit
from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.plan import composing
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Refused
from tests.abi.composed import ALLOCATING, opened
from tests.texts import texts

_, wat = texts(__file__)

MAYBE = "(option string)"


def text(passed: str, returned: str, encodings: tuple[str, str] = ("utf8", "utf8"), realloc: str = ALLOCATING, tag: str = "") -> str:
    """A component that hands another one the string at ``passed``, and gets an optional one that lies at ``returned``."""
    return wat(
        "text",
        REALLOC=realloc,
        TAG=tag,
        RETURNED=returned,
        MAYBE=MAYBE,
        ENCODINGS=encodings[1],
        ALLOCATING=ALLOCATING,
        ENCODINGS_2=encodings[0],
        PASSED=passed,
    )


GOOD, NONE = "(i32.const 16) (i32.const 3)", "(i32.const 16)"
WRONG_REALLOC = ALLOCATING.replace("(global.get $at)\n   (global.set", "(i32.const -8)\n   (global.set")


@pytest.mark.parametrize(
    "component, sentence",
    [
        (text("(i32.const 64) (i32.const 1)", NONE), "invalid utf-8: a component passes another one a string that is not valid UTF-8"),
        (text("(i32.const 66) (i32.const 1)", NONE, ("utf16", "utf8")), "invalid utf-16: a component passes another one"),
        (text("(i32.const 65) (i32.const 1)", NONE, ("utf16", "utf8")), "unaligned pointer: a component passes another one"),
        (text("(i32.const 65536) (i32.const 1)", NONE), "string content out-of-bounds: a component passes another one"),
        (text("(i32.const 0) (i32.const 0x10000000)", NONE), "too long: a component passes another one"),
        (text(GOOD, "(i32.const 80)"), "invalid utf-8: a component returns to another one a string that is not valid UTF-8"),
        (text(GOOD, "(i32.const 92)"), "invalid variant discriminant: a component returns to another one"),
        (text(GOOD, "(i32.const 65528)"), "out of bounds: a component returns to another one values"),
        (text(GOOD, NONE, realloc=WRONG_REALLOC), "realloc return: beyond end of memory: the called component's realloc function"),
        (text(GOOD, "(throw $t)", tag="(tag $t)"), "the called component throws an exception, which no other component can catch"),
    ],
)
def test_a_wrong_value_between_components(component: str, sentence: str, tmp_path: Path) -> None:
    """The call ends with a trap that says what is wrong, and which of the two components gave it."""
    with opened(tmp_path, component, {"run": "run"}) as project, pytest.raises(moonwit.CallError) as failed:
        project.call("t:run")
    assert sentence in str(failed.value)


def test_right_values_between_components(tmp_path: Path) -> None:
    """The same component runs where nothing is wrong."""
    with opened(tmp_path, text(GOOD, NONE, ("utf16", "latin1+utf16")), {"run": "run"}) as project:
        assert project.call("t:run") is None


def test_adapters_of_a_component_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A component whose edges would take too much code is refused with a sentence, as soon as they do."""
    component = decode(bytes(wat2wasm(text(GOOD, NONE))))
    made = sum(len(module) for module in plan_component(component).modules)
    monkeypatch.setattr(composing, "MOST_ADAPTERS", made)
    plan_component(component)
    monkeypatch.setattr(composing, "MOST_ADAPTERS", 1000)
    with pytest.raises(Refused, match="more parts than Moonwit takes"):
        plan_component(component)
