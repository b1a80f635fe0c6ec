"""How many arguments a call may have, and that none is blamed for another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.abi.hostile import Opened
from tests.abi.judged import judge_in
from tests.texts import texts

lua, _ = texts(__file__)


@pytest.fixture
def judge(opened: Opened) -> Any:
    return judge_in(opened([], {}))


def test_how_many(judge: Any) -> None:
    """Trailing options may be left out; the sentence tells how many there may be, and which parameter is wrong."""
    three = "u8, option(u8), option(string)"
    for good in ("1", "1, nil", "1, 2", "1, nil, 'x'", "1, 2, nil"):
        assert judge(three, good) is True
    assert judge(three, "") == b"f: parameter 1 (p1: u8): expected an integer, got nil; the function takes 3 arguments"
    assert judge(three, "1, 2, 'x', nil") == b"f: expected 1 to 3 arguments, got 4"
    assert judge("u8", "1, 2") == b"f: expected 1 argument, got 2"
    assert judge("u8, u8", "1") == b"f: parameter 2 (p2: u8): expected an integer, got nil; the function takes 2 arguments"
    assert judge("option(u8)", "1, 2") == b"f: expected 0 to 1 arguments, got 2"
    # What is as large as it may be is not blamed for what comes after it.
    for type, most in (("u8", "255"), ("s32", "2147483647"), ("s32", "-2147483648"), ("u64", "2^64 - 2048"), ("s64", "-2^63"), ("u8", "0")):
        assert judge(f"{type}, u8", f"{most}, 256") == b"f: parameter 2 (p2: u8): 256 is out of range"
    assert judge("u8, u8", "1, 256") == b"f: parameter 2 (p2: u8): 256 is out of range"
    assert judge("list(u8), u8", "{256}, 256") == b"f: parameter 1 (p1: list): p1[1]: 256 is out of range"


def test_what_fits_is_not_blamed(opened: Opened) -> None:
    """A string or list as long as it may be is not what is wrong."""
    opened([], {}).run(lua("what_fits_is_not_blamed"))
