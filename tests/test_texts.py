"""The reader of the texts that tests have in files of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.texts import filled


def test_parameters_are_words_of_their_own(tmp_path: Path) -> None:
    """A parameter is replaced where it is no part of a longer word, and what is put in is not read again."""
    path = tmp_path / "a.lua"
    path.write_text("f('t:spin_POOL', POOLS, MOST)\n--[[ BODY ]]\n-- BODY\n")
    assert filled(path, {"POOL": "MOST", "MOST": 5, "BODY": "g()"}) == "f('t:spin_MOST', POOLS, 5)\ng()\n-- g()\n"


def test_a_parameter_that_a_text_has_not_is_a_mistake(tmp_path: Path) -> None:
    """A test that fills in what is not there would test something else."""
    path = tmp_path / "a.wat"
    path.write_text("(module (memory SIZE))")
    with pytest.raises(AssertionError, match=r"a\.wat has no SIZES"):
        filled(path, {"SIZES": 1})
