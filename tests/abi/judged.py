"""Judges Lua values by WIT types, without a guest: whether they fit, and in which sentence they are refused."""

from __future__ import annotations

from collections.abc import Callable

from tests.abi.conftest import State
from tests.texts import texts

lua, _ = texts(__file__)

# `types` builds a type from text, `judge(types, values)` gives true or the sentence for a call with these parameters.
JUDGE = lua("judge")


def judge_in(state: State) -> Callable[[str, str], bytes | bool]:
    """Gives a function of types and values, as Lua text; it gives True or the sentence."""
    made = state.run(JUDGE)
    return lambda types, values: made(types.encode(), values.encode())
