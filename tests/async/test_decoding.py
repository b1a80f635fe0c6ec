"""Components of WASI 0.3 are decoded, validated and planned: built-ins by name, async functions, streams and futures."""

from __future__ import annotations

import pytest
from wasmtime import wat2wasm

from moonwit.host.wasm.component.component import decode
from moonwit.host.wasm.component.show import show_world
from moonwit.host.wasm.plan.planner import plan_component
from moonwit.host.wasm.problems import Malformed
from tests.texts import texts

_, wat = texts(__file__)

PIPE = wat("pipe")


def test_the_world_has_async_functions_streams_and_futures() -> None:
    """WIT text says of them what the binary does."""
    found = decode(bytes(wat2wasm(PIPE)))
    assert show_world(found.world) == (
        "world root {\n"
        "  export run: async func(input: stream<u8>) -> future<string>;\n"
        "  export add: func(a: u32, b: u32) -> u32;\n"
        "}\n"
    )


def test_natives_and_callees_are_in_the_plan() -> None:
    """Each built-in is a native with its operands, and each core function that the lane may call has a number."""
    plan = plan_component(decode(bytes(wat2wasm(PIPE))))
    assert plan.tasks is not None
    assert [(each.operation, str(each.core_type), each.asynchronous) for each in plan.tasks.natives] == [
        ("stream.new", "() -> (i64)", False),
        ("stream.read", "(i32, i32, i32) -> (i32)", True),
        ("task.return", "(i32) -> ()", False),
    ]
    run, add = plan.tasks.lifted
    assert run.asynchronous and run.callback is not None and not add.asynchronous and add.callback is None
    assert [stub.native for stub in plan.stubs] == [0, 1, 2]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("(canon stream.new $bytes)", "(canon stream.new $later)", "`stream.new`: expected the type of a stream, got another"),
        ("(func (export \"run\") async", "(func (export \"run\")", "has the canonical option `async`, which"),
        ('async (callback (core func $i "callback"))', 'async (callback (core func $i "add"))', "expected (i32, i32"),
        ('async (memory (core memory $libc "memory"))', "async", "`stream.read`: expected a memory among its options"),
        ("(result $later)))\n  (core module", "(result string)))\n  (core module", "a core module imports `return` of `` as (i32) -> ()"),
    ],
)
def test_wrong_definitions_are_refused(old: str, new: str, sentence: str) -> None:
    """What the standard calls invalid is, in a sentence."""
    assert PIPE.count(old) == 1
    with pytest.raises(Malformed) as caught:
        decoded = decode(bytes(wat2wasm(PIPE.replace(old, new))))
        plan_component(decoded)
    assert sentence in str(caught.value)


def test_a_context_has_two_slots() -> None:
    """Another one is refused where it is named."""
    text = "(component (core func (canon context.get i32 {})))"
    assert decode(bytes(wat2wasm(text.format(1)))).record.builtins[0].numbers == (0x7F, 1)
    with pytest.raises(Malformed, match="names slot 2, and a context has 2"):
        decode(bytes(wat2wasm(text.format(2))))
