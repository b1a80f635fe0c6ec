"""Random WIT types, a guest for each, and random values, good and bad: the direct call path against the compatible one."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
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


@settings(
    max_examples=25,
    deadline=None,
    database=None,
    print_blob=True,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
@given(st.data())
def test_what_fits_comes_back_and_what_does_not_is_refused(data: st.DataObject) -> None:
    """Both paths take the same values and give the same results; after a refusal the same instance serves the next call."""
    types = data.draw(st.lists(values.types, min_size=3, max_size=6), "types")
    together = types[: data.draw(st.integers(2, 3), "how many parameters")]
    signatures = [[type] for type in types] + [[wit.List(type)] for type in types[:2]] + [together]
    with tempfile.TemporaryDirectory() as folder:
        paths = echoes(Path(folder), signatures)
        try:
            for number, parameters in enumerate(signatures):
                for _ in range(2):
                    drawn = [data.draw(values.good(type)) for type in parameters]
                    text = ", ".join(text for text, _ in drawn)
                    results = [result for _, result in drawn]
                    expect(text, paths.outcomes(f"echo{number}", text), top(results[0]) if len(results) == 1 else results)
                    wrong = [text for text, _ in drawn]
                    place = data.draw(st.integers(0, len(parameters) - 1))
                    wrong[place] = data.draw(values.bad(parameters[place]))
                    text = ", ".join(wrong)
                    expect_refusal(text, paths.outcomes(f"echo{number}", text))
                text = ", ".join(data.draw(values.anything) for _ in parameters)
                direct, compatible, oracle = paths.outcomes(f"echo{number}", text)
                if not (direct[0] and compatible[0] and oracle[0]):
                    expect_refusal(text, [direct, compatible, oracle])
                else:
                    expect(text, [direct, compatible, oracle], oracle[1])
            for number, parameters in enumerate(signatures):
                text = ", ".join(["nil"] * (len(parameters) + 1))
                expect_refusal(text, paths.outcomes(f"echo{number}", text))
        finally:
            paths.state.close()
