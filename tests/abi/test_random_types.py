"""Random WIT types, a guest for each, and random values, good and bad: the direct call path against the compatible one."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from moonwit.host.compatible import CallFailed, CompatibleFunction
from moonwit.host.intermediate import NONE, Some
from moonwit.host.wasm import types as wit
from moonwit.lua import buffer
from tests.abi import values
from tests.abi.conftest import State
from tests.abi.guests import Guest

# Gives for both entries whether the call succeeded, then the encoded result or kind and message; and the encoded argument.
CALLER = r"""
local calls, intermediate, optional = ...
local env = { print = print, coroutine = coroutine, math = math }
env.wit = { none = optional.none, some = optional.some, encode = print }
function env.put(t, ...)
  for i = 1, select('#', ...) do t[i] = (select(i, ...)) end
  return t
end
local function outcome(id, ...)
  local value, problem = calls.call(id, ...)
  if problem ~= nil then return false, problem:kind() .. ': ' .. problem:message() end
  return true, assert(intermediate.encode(value))
end
return function(text, id)
  local values = setfenv(assert(loadstring('return function() return ' .. text .. ' end')), env)()
  local ok, direct = outcome(id, values())
  local fine, compatible = outcome(id .. '-compatible', values())
  local encoded = intermediate.encode_all(select('#', values()), values())
  return ok, direct, fine, compatible, encoded or false
end
"""


def same(one: Any, other: Any) -> bool:
    """Tells whether two values of the intermediate model are the same to a script."""
    if one is NONE or other is NONE or one is None or other is None:
        return one is other
    if isinstance(one, Some):
        return isinstance(other, Some) and same(one.value, other.value)
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    if isinstance(one, (list, tuple, dict)) and isinstance(other, (list, tuple, dict)) and not one and not other:
        return True
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return isinstance(one, bytes) and isinstance(other, bytes) and one == other


class Echoes:
    """A project with an echo function for each list of parameter types, on both call paths."""

    def __init__(self, folder: Path, signatures: list[list[wit.Type]]) -> None:
        guest = Guest()
        entries = []
        for i, types in enumerate(signatures):
            guest.echo(f"echo{i}", types)
            for suffix, engine in (("", "direct"), ("-compatible", "compatible")):
                how = f"method: echo{i}, engine: {engine}, results: table"
                entries.append(f"name: echo{i}{suffix}, kind: function.wat, source: file://guest.wat, {how}")
        self.state = State(folder, entries, {"guest.wat": guest.text})
        modules = (self.state.run(f"return require 'lua.{name}'") for name in ("calls", "intermediate", "optional"))
        self.call = self.state.run(CALLER, *modules)
        self.oracles: dict[int, CompatibleFunction] = {}

    def outcomes(self, number: int, text: str) -> list[tuple[bool, Any]]:
        """Calls on the direct path, on the compatible one, and with Wasmtime behind the rules for values that are in Python."""
        ok, direct, fine, compatible, encoded = self.call(text.encode(), f"t:echo{number}".encode())
        found = [(done, buffer.decode(data) if done else data) for done, data in ((ok, direct), (fine, compatible))]
        if encoded is False:
            return [*found, (False, b"Invalid: it can't leave Lua")]
        if number not in self.oracles:
            loaded = self.state.entries.loaded(self.state.registry.entries[f"t:echo{number}"])
            self.oracles[number] = CompatibleFunction(loaded.data, None, f"echo{number}", loaded.signature)
        try:
            return [*found, (True, self.oracles[number].call(buffer.decode_all(encoded)))]
        except CallFailed as error:
            return [*found, (False, f"{error.kind}: {error.message}".encode())]


PATHS = ("direct", "compatible", "oracle")


def expect(text: str, outcomes: list[tuple[bool, Any]], result: Any) -> None:
    for path, (done, found) in zip(PATHS, outcomes, strict=True):
        assert done, f"{text} is refused on the path {path}: {found.decode()}"
        assert same(found, result), f"{text} comes back on the path {path} as {found!r}, not {result!r}"


def expect_refusal(text: str, outcomes: list[tuple[bool, Any]]) -> None:
    for path, (done, found) in zip(PATHS, outcomes, strict=True):
        assert not done, f"{text} is taken on the path {path}, and comes back as {found!r}"
        assert found.startswith(b"Invalid: "), f"{text} reached the guest on the path {path}: {found.decode()}"
        assert b"a mistake in Moonwit" not in found, f"nothing explains why {text} is refused"
        assert b"\n" not in found


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
        echoes = Echoes(Path(folder), signatures)
        try:
            for number, parameters in enumerate(signatures):
                for _ in range(2):
                    drawn = [data.draw(values.good(type)) for type in parameters]
                    text = ", ".join(text for text, _ in drawn)
                    results = [result for _, result in drawn]
                    expect(text, echoes.outcomes(number, text), top(results[0]) if len(results) == 1 else results)
                    wrong = [text for text, _ in drawn]
                    place = data.draw(st.integers(0, len(parameters) - 1))
                    wrong[place] = data.draw(values.bad(parameters[place]))
                    text = ", ".join(wrong)
                    expect_refusal(text, echoes.outcomes(number, text))
                text = ", ".join(data.draw(values.anything) for _ in parameters)
                direct, compatible, oracle = echoes.outcomes(number, text)
                if not (direct[0] and compatible[0] and oracle[0]):
                    expect_refusal(text, [direct, compatible, oracle])
                else:
                    expect(text, [direct, compatible, oracle], oracle[1])
            for number, parameters in enumerate(signatures):
                text = ", ".join(["nil"] * (len(parameters) + 1))
                expect_refusal(text, echoes.outcomes(number, text))
        finally:
            echoes.state.close()
