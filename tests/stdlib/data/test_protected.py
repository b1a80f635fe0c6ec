"""Modules hold tables of functions, which scripts of a lane share."""

from __future__ import annotations

from collections.abc import Callable

from tests.texts import texts

lua, _ = texts(__file__)


def test_tables_in_modules_can_not_be_changed(run: Callable[[str], str]) -> None:
    """What one script calls as `crypto.ed25519.sign` is not what another has put there."""
    assert run(lua("tables_can_not_be_changed")).split() == ["true", "4", "text"]
