"""Hostile guests of WASI 0.3 that hand their streams to the host: each loses its own instance and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import entry, opened
from tests.texts import texts

_, wat = texts(__file__)

CASES = {
    "wrong": "is not a readable end of the guest",
    "twice": "is not a readable end of the guest",
    "gone": "unknown handle index 2",
    "outside": "out of bounds: a buffer does not lie within the memory of the guest",
    "many": "the guest has 10000 streams of the host at once, more than it may",
}


@pytest.mark.parametrize("name", CASES)
def test_a_guest_that_breaks_the_rules_ends(tmp_path: Path, name: str) -> None:
    """Wrong and used up indices, writes after the end and outside of memory, and streams without end are errors of the call; the next
    call of the same guest is answered."""
    source = wat("guest")
    entries = [entry(method, source=source, method=method, imports=["wasi:cli"]) for method in (name, "fine")]
    with opened(tmp_path, *entries) as project:
        project.run_script(f"""
            local value, err = require('funcs').call('t:{name}')
            assert(value == nil and err:message():find('{CASES[name]}', 1, true), tostring(err))
            assert(require('funcs').call('t:fine') == 3)
        """)
