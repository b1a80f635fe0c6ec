"""What a function in Lua returns: its first value, or the error that is its second."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import moonwit
from tests.projects import entry, opened

BODIES = {
    "gsub": ("return s:gsub(' +', ' ')", "a b"),
    "pcall": ("return pcall(tonumber, '5')", True),
    "received": ("local c = channel.new(1) c:send(s) return c:receive()", "a  b"),
    "closed": ("local c = channel.new() c:close() return c:receive()", None),
    "late": ("return channel.new():receive(0)", None),
    "number": ("return 1, 2", 1.0),
    "table": ("return 1, {message = 'x', kind = 'Invalid'}", 1.0),
    "false": ("return nil, false", None),
    "none": ("return nil, nil", None),
    "three": ("return 'x', nil, 'ignored'", "x"),
    "text": ("return 'x', 'no luck'", ("", "no luck")),
    "empty": ("return nil, ''", ("", "")),
    "error": ("return nil, errors.new{message = 'gone', kind = errors.NOT_FOUND}", ("NotFound", "gone")),
    "failing pcall": ("return pcall(error, 'boom', 0)", ("", "boom")),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    """Opens a project with a function for each of the bodies, in the caller's lane and in another."""
    entries = []
    for name, (body, _) in BODIES.items():
        for where, pool in (("near", None), ("far", {"workers": 1})):
            source = f"return function(s) {body} end"
            entries.append(entry(f"{where}_{name.replace(' ', '_')}", "function.lua", pool=pool, source=source))
    with opened(tmp_path_factory.mktemp("results"), *entries, namespace="g") as project:
        yield project


@pytest.mark.parametrize("where", ["near", "far"])
@pytest.mark.parametrize("name", BODIES)
def test_second_values(project: moonwit.Project, where: str, name: str) -> None:
    """Only a string or an error value that comes second is the function's error; with anything else its first value is given."""
    expected: Any = BODIES[name][1]
    id = f"g:{where}_{name.replace(' ', '_')}"
    if not isinstance(expected, tuple):
        assert project.call(id, "a  b") == expected
        return
    with pytest.raises(moonwit.CallError) as caught:
        project.call(id, "a  b")
    assert (caught.value.kind, caught.value.message) == expected
