"""Random WIT types through the glue of imports, both ways: what a guest hands to a library, and what the library gives back."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moonwit.host.values.intermediate import NONE
from moonwit.host.wasm.wit import types as wit
from moonwit.lua.values import buffer
from tests.abi import values
from tests.abi.conftest import State
from tests.abi.imported import INTERFACE, Relay
from tests.abi.paths import same
from tests.texts import texts

lua, _ = texts(__file__)

# Gives how a call went, its encoded result or what went wrong, and, encoded, what the library was given.
CALLER = lua("caller")

LIBRARY = lua("library")


def relays(folder: Path, signatures: list[list[wit.Type]]) -> State:
    """Makes a project whose functions pass what they get to a library; every third function of that waits first."""
    relay, lines, entries = Relay(), [LIBRARY], []
    for i, types in enumerate(signatures):
        name = f"f{i}"
        relay.add(name, types)
        how = f"method: {name}, results: table, imports: [{{'{INTERFACE}': lib}}]"
        entries.append(f"name: {name}, kind: function.wat, source: file://guest.wat, {how}")
        plain = "one" if len(types) == 1 else "all"
        lines.append(f"library.{name} = {plain if i % 3 else f'later({plain})'}")
    lines.append("return library")
    entries.append("name: lib, kind: library.lua, modules: [time, wit], source: file://lib.lua")
    return State(folder, entries, {"guest.wat": relay.text, "lib.lua": "\n".join(lines)})


def top(value: Any) -> Any:
    return None if value is NONE else value


def check(rng: Random, call: Any, number: int, types: list[wit.Type]) -> None:
    for _ in range(4):
        drawn = [values.good(rng, type) for type in types]
        text = ", ".join(text for text, _ in drawn)
        expected = [result for _, result in drawn]
        done, data, seen = call(text.encode(), f"t:f{number}".encode())
        assert done, f"{text} is refused: {data.decode()}"
        given = buffer.decode(seen)
        assert same(given, expected), f"the library is given {given!r} for {text}"
        found = buffer.decode(data)
        wanted = top(expected[0]) if len(types) == 1 else expected
        assert same(found, wanted), f"{text} comes back as {found!r}, not {wanted!r}"


@settings(max_examples=5, deadline=None, database=None, print_blob=True, derandomize=False, phases=(Phase.generate,))
@given(st.randoms(use_true_random=True))
def test_a_library_is_given_what_the_guest_gives_and_the_guest_what_the_library_gives(rng: Random) -> None:
    """A library sees each value as it was passed to the guest, and it comes back the same, whether the library waits or not."""
    types = [values.a_type(rng, maps=True) for _ in range(8)] + [values.a_map(rng, 2) for _ in range(3)]
    together = [[values.a_type(rng, 2, maps=True) for _ in range(rng.randint(2, 8))] for _ in range(4)]
    signatures = [[type] for type in types] + [[wit.List(type)] for type in types[:2]] + together
    with tempfile.TemporaryDirectory() as folder:
        state = relays(Path(folder), signatures)
        try:
            call = state.run(CALLER)
            for number, parameters in enumerate(signatures):
                try:
                    check(rng, call, number, parameters)
                except AssertionError as error:
                    raise AssertionError(f"{error}\nof the types {parameters}") from None
        finally:
            state.close()
