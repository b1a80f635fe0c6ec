"""The garbage collector works while a lane has nothing else to do."""

from __future__ import annotations

import moonwit
from tests.texts import texts

lua, _ = texts(__file__)


def test_garbage_goes_while_a_script_sleeps() -> None:
    """What a script has let go of is collected while it waits, though it makes nothing new that would bring the collector about."""
    with moonwit.open(None) as project:
        project.run_script(lua("garbage_goes_while_a_script_sleeps"))
