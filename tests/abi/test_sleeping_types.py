"""Values of random WIT types cross into guests that sleep before they look at their arguments, and back out, many calls at once."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from moonwit.host.values.intermediate import NONE
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.values import buffer
from tests.abi import values
from tests.abi.conftest import State
from tests.abi.guests import Guest
from tests.abi.paths import same
from tests.texts import texts

lua, wat = texts(__file__)

IMPORTS = wat("imports")

# Calls every function several times at once: gives a function for the answers one by one, each with the number of its call.
CALLS = lua("calls")


class Sleeping(Guest):
    """A guest whose functions sleep as long as they like between being called and giving back what they got."""

    @property
    def text(self) -> str:
        host = '(export "block" (func $block)) (export "drop" (func $drop)) (export "duration" (func $duration))'
        text = super().text.replace("(core module $m", IMPORTS, 1)
        text = text.replace("(global.set $inside (i32.const 1))", "(global.set $inside (i32.const 1)) (call $nap)", 1)
        return text.replace("(instantiate $m)", f'(instantiate $m (with "host" (instance {host})))', 1)


def test_values_survive_sleep(tmp_path: Path) -> None:
    """Good values come back as they went in and bad ones are refused, while many calls of the same functions are under way."""
    rng = Random()
    seed = rng.randrange(2**32)
    rng.seed(seed)
    signatures = [[values.a_type(rng)] for _ in range(12)] + [[values.a_type(rng, 2) for _ in range(rng.randint(2, 6))] for _ in range(6)]
    signatures += [[wit.List(wit.Primitive("string"))], [wit.Primitive("string")], [wit.Primitive("f32")], [wit.Primitive("s64")]]
    guest = Sleeping()
    entries = []
    for number, types in enumerate(signatures):
        guest.echo(f"echo{number}", types)
        entries.append(
            f"name: echo{number}, kind: function.wat, source: file://guest.wat, method: echo{number}, results: table,"
            " imports: ['wasi:clocks', 'wasi:io'], pool: {type: lazy, max_size: 20}"
        )
    state = State(tmp_path, entries, {"guest.wat": guest.text})
    state.boot[b"test_clock"]()
    expected: list[Any] = []
    calls = []
    for _ in range(6):
        for number, types in enumerate(signatures):
            drawn = [values.good(rng, type) for type in types]
            texts = [text for text, _ in drawn]
            results = [result for _, result in drawn]
            expected.append(results[0] if len(results) == 1 else results)
            if rng.random() < 0.2:
                place = rng.randrange(len(types))
                texts[place] = values.bad(rng, types[place])
                expected[-1] = Ellipsis
            calls.append(f"{{ id = 't:echo{number}', values = function() return {', '.join(texts)} end }}")
    answer = state.run(CALLS, ",\n".join(calls).encode())
    count = 0
    while (found := answer(count + 1)) is not None:
        count += 1
        at, data, problem = found if isinstance(found, tuple) else (found, None, None)
        wanted = expected[at - 1]
        if wanted is Ellipsis:
            assert data is False and problem.startswith(b"Invalid: "), (seed, calls[at - 1], problem)
        else:
            assert data is not False, (seed, calls[at - 1], problem)
            assert same(buffer.decode(data), None if wanted is NONE else wanted), (seed, calls[at - 1], data)
    assert count == 3 * len(calls)
    state.close()
