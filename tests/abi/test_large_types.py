"""Types that are wide or deep: code can be generated for them in reasonable time, or a sentence says that it can't."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from moonwit.host.values.intermediate import NONE
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.values import buffer
from tests.abi.conftest import State
from tests.abi.edges import edges
from tests.abi.paths import expect
from tests.abi.test_random_types import echoes
from tests.texts import texts

lua, _ = texts(__file__)

U8, STRING = wit.Primitive("u8"), wit.Primitive("string")


def nested(depth: int, wraps: list[Any]) -> wit.Type:
    type: wit.Type = U8
    for i in range(depth):
        type = wraps[i % len(wraps)](type)
    return type


SIGNATURES: dict[str, list[wit.Type]] = {
    "forty parameters": [STRING] * 40,
    "sixteen flat parameters": [wit.Record((wit.Field("a-b", wit.Primitive("char")),))] * 16,
    "seventeen flat parameters": [U8] * 17,
    "a record of a thousand fields": [wit.Record(tuple(wit.Field(f"f{i}-x", wit.Primitive("u16")) for i in range(1000)))],
    "a record of strings": [wit.Record(tuple(wit.Field(f"f{i}", STRING) for i in range(300)))],
    "a tuple of 900": [wit.Tuple((U8,) * 900)],
    "a variant of a thousand cases": [wit.Variant(tuple(wit.Case(f"c{i}", wit.Tuple((U8, STRING))) for i in range(1000)))],
    "an enum of two bytes": [wit.Enum(tuple(f"c{i}" for i in range(9000)))],
    "many different types": [
        wit.Tuple(tuple(wit.Record((wit.Field(f"a{i}", STRING), wit.Field("b", wit.Option(U8)))) for i in range(120))),
    ],
    "nested options": [nested(30, [wit.Option])],
    "nested lists": [nested(30, [wit.List])],
    "nested lists of options": [nested(60, [wit.Option, wit.List])],
    "nested results": [nested(30, [lambda type: wit.Result(type, U8)])],
    "nested tuples": [nested(60, [lambda type: wit.Tuple((type,))])],
}


@pytest.mark.parametrize("name", SIGNATURES)
def test_large_types_work_on_both_paths(tmp_path: Path, name: str) -> None:
    """Time to generate code does not grow with the number of ways to a part, and Lua's limits on functions are kept."""
    types = SIGNATURES[name]
    paths = echoes(tmp_path, [types])
    if "nested lists" in name:
        drawn: list[tuple[str, Any]] = [("{}", [])]
        if name == "nested lists":
            drawn = [("{" * 29 + '"x"' + "}" * 29, b"x")]
            for _ in range(29):
                drawn = [(drawn[0][0], [drawn[0][1]])]
    else:
        drawn = [edges(type)[0] for type in types]
    text = ", ".join(text for text, _ in drawn)
    results = [result for _, result in drawn]
    expect(text, paths.outcomes("echo0", text), results if len(results) > 1 else None if results[0] is NONE else results[0])
    paths.state.close()


def test_a_signature_that_lua_cannot_hold_is_refused(tmp_path: Path) -> None:
    """Lua allows 200 local variables: more parameters than that are an error of the call that says so."""
    types = [U8] * 250
    paths = echoes(tmp_path, [types])
    state: State = paths.state
    kind, message = state.run("""
      local value, problem = require('lua.calls.calls').call('t:echo0', 1)
      return problem:kind(), problem:message()
    """)
    assert kind == b"Unavailable"
    assert b"its signature is too large" in message
    state.close()




def test_a_signature_that_lua_cannot_hold_is_refused_in_a_script(tmp_path: Path) -> None:
    """The same in a script, where a call is made in another way: in each call, the first too."""
    paths = echoes(tmp_path, [[U8] * 250])
    script = lua("a_signature_that_lua_cannot_hold_is_refused_in_a_script").encode()
    answer = paths.state.boot[b"run"](script, b"@s.lua", buffer.encode([]))
    assert answer is None
    paths.state.close()
