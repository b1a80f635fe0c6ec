"""Random WIT types, a guest for each, and random values, good and bad: the direct call path against the compatible one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moonwit.host.intermediate import NONE
from moonwit.host.wasm import types as wit
from tests.abi import values
from tests.abi.conftest import State
from tests.abi.guests import Guest
from tests.abi.paths import Paths, expect, expect_refusal


def echoes(folder: Path, signatures: list[list[wit.Type]]) -> Paths:
    """Makes a project with an echo function for each list of parameter types."""
    guest = Guest()
    entries = []
    for i, types in enumerate(signatures):
        guest.echo(f"echo{i}", types)
        for suffix, engine in (("", "direct"), ("-compatible", "compatible")):
            how = f"method: echo{i}, engine: {engine}, results: table"
            entries.append(f"name: echo{i}{suffix}, kind: function.wat, source: file://guest.wat, {how}")
    return Paths(State(folder, entries, {"guest.wat": guest.text}))


def top(value: Any) -> Any:
    return None if value is NONE else value


def check(rng: Random, paths: Paths, number: int, types: list[wit.Type]) -> None:
    """Calls one function with good, bad and odd arguments."""
    name = f"echo{number}"
    for _ in range(3):
        drawn = [values.good(rng, type) for type in types]
        text = ", ".join(text for text, _ in drawn)
        results = [result for _, result in drawn]
        expect(text, paths.outcomes(name, text), top(results[0]) if len(results) == 1 else results)
        for _ in range(3):
            wrong = [text for text, _ in drawn]
            place = rng.randrange(len(types))
            wrong[place] = values.bad(rng, types[place])
            text = ", ".join(wrong)
            expect_refusal(text, paths.outcomes(name, text))
    text = ", ".join(values.anything(rng) for _ in types)
    outcomes = paths.outcomes(name, text)
    if all(done for done, _ in outcomes):
        expect(text, outcomes, outcomes[-1][1])
    else:
        expect_refusal(text, outcomes)
    text = ", ".join(["nil"] * (len(types) + 1))
    expect_refusal(text, paths.outcomes(name, text))


@settings(max_examples=20, deadline=None, database=None, print_blob=True, derandomize=False, phases=(Phase.generate,))
@given(st.randoms(use_true_random=True))
def test_what_fits_comes_back_and_what_does_not_is_refused(rng: Random) -> None:
    """Both paths take the same values and give the same results; after a refusal the same instance serves the next call."""
    types = [values.a_type(rng) for _ in range(8)]
    together = [[values.a_type(rng, 2) for _ in range(rng.randint(2, 6))] for _ in range(3)]
    signatures = [[type] for type in types] + [[wit.List(type)] for type in types[:2]] + together
    with tempfile.TemporaryDirectory() as folder:
        paths = echoes(Path(folder), signatures)
        try:
            for number, parameters in enumerate(signatures):
                try:
                    check(rng, paths, number, parameters)
                except AssertionError as error:
                    raise AssertionError(f"{error}\nof the types {parameters}") from None
        finally:
            paths.state.close()
