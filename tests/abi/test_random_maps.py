"""Maps within any type, to a guest that gives back what it gets: to the standard they are lists of pairs."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moonwit.host.wasm.wit import types as wit
from moonwit.lua.values import buffer
from tests.abi import values
from tests.abi.conftest import State
from tests.abi.guests import Guest
from tests.abi.paths import CALLER, same
from tests.abi.test_imported_types import top

MODULES = ("calls.calls", "values.intermediate", "values.optional")


def check(rng: Random, call: object, number: int, type: wit.Type) -> None:
    for _ in range(4):
        text, expected = values.good(rng, type)
        done, data, _ = call(text.encode(), f"t:f{number}".encode())  # type: ignore[operator]
        assert done, f"{text} is refused: {data.decode()}"
        assert same(found := buffer.decode(data), top(expected)), f"{text} comes back as {found!r}, not {expected!r}"
        wrong = values.bad(rng, type)
        done, data, _ = call(wrong.encode(), f"t:f{number}".encode())  # type: ignore[operator]
        assert not done, f"{wrong} is taken"
        assert b"mistake in Moonwit" not in data, f"{wrong}: {data.decode()}"


@settings(max_examples=5, deadline=None, database=None, print_blob=True, derandomize=False, phases=(Phase.generate,))
@given(st.randoms(use_true_random=True))
def test_a_map_that_fits_comes_back_and_one_that_does_not_is_refused(rng: Random) -> None:
    """With keys of each kind, in options, records, variants and in maps; the sentence for what does not fit is never that it is unknown."""
    types = [values.a_map(rng, 3) for _ in range(8)] + [values.a_type(rng, 3, maps=True) for _ in range(4)]
    guest = Guest()
    entries = []
    for number, type in enumerate(types):
        guest.echo(f"f{number}", [type])
        entries.append(f"name: f{number}, kind: function.wat, source: file://guest.wat, method: f{number}, results: table")
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder), entries, {"guest.wat": guest.text})
        try:
            call = state.run(CALLER, *(state.run(f"return require 'lua.{name}'") for name in MODULES))
            for number, type in enumerate(types):
                try:
                    check(rng, call, number, type)
                except AssertionError as error:
                    raise AssertionError(f"{error}\nof the type {type}") from None
        finally:
            state.close()
