"""What the names in ``imports:`` grant."""

from __future__ import annotations

import pytest

from moonwit.host.wasi.grants import grant_for, grants, interface_of, is_known, links


@pytest.mark.parametrize(
    ("imports", "interface", "granted"),
    [
        (["wasi:clocks"], "wasi:clocks/wall-clock@0.2.0", True),
        (["wasi:clocks"], "wasi:clocks/monotonic-clock@0.2.12", True),
        (["wasi:clocks/wall-clock@0.2.3"], "wasi:clocks/wall-clock@0.2.0", True),
        (["wasi:clocks/wall-clock"], "wasi:clocks/monotonic-clock@0.2.0", False),
        (["wasi:clocks"], "wasi:clocks/wall-clock@0.3.0", False),
        (["wasi:clocks"], "wasi:random/random@0.2.0", False),
        ([], "wasi:io/streams@0.2.0", False),
        (["wasi:io"], "wasi:io/streams@0.2.0", True),
        (["wasi:poll"], "wasi:io/poll@0.2.0", True),
        (["wasi:poll"], "wasi:io/streams@0.2.0", False),
        (["wasi:filesystem/preopens"], "wasi:filesystem/types@0.2.0", True),
        (["wasi:filesystem/types"], "wasi:filesystem/preopens@0.2.0", False),
        (["wasi:cli/terminal-stdin"], "wasi:cli/terminal-input@0.2.0", True),
        (["funcs"], "wippy:runtime/funcs@0.1.0", True),
        (["wasi1"], "wasi_snapshot_preview1", True),
        (["preview1"], "wasi_snapshot_preview1", True),
        (["wasi:http"], "wasi:http/outgoing-handler@0.2.3", True),
        (["wasi:cli"], "other:cli/stdout", False),
    ],
)
def test_grants(imports: list[str], interface: str, granted: bool) -> None:
    """A grant opens what it names, in any 0.2 version, and what that needs to be of use."""
    assert grants(interface, imports) is granted


@pytest.mark.parametrize(
    "name",
    ["wasi:cli", "wasi:io", "wasi:poll", "wasi:clocks/wall-clock@0.2.3", "wasi:sockets@0.2.0", "funcs", "wasi1", "wasi_snapshot_preview1"],
)
def test_known_names(name: str) -> None:
    """Packages, single interfaces and versions are taken."""
    assert is_known(name)


@pytest.mark.parametrize(
    "name",
    ["", "wasi", "wasi:", "wasi:clock", "wasi:clocks/wall", "wasi:clocks@0.3.0", "wasi:clocks/", "cli", "wasi:poll/poll"],
)
def test_unknown_names(name: str) -> None:
    """A misspelt name, another version and an empty interface are unknown."""
    assert not is_known(name)


@pytest.mark.parametrize(
    ("interface", "linked"),
    [
        ("wasi:io/poll@0.2.0", True),
        ("wasi:io/poll@0.3.0", False),
        ("wasi:cli/stdout@0.2.0", True),
        ("wasi:cli/environment@0.2.0", False),
        ("wippy:runtime/funcs@0.1.0", False),
    ],
)
def test_what_is_linked_without_a_grant(interface: str, linked: bool) -> None:
    """Interfaces that give nothing by themselves are linked for every guest."""
    assert links(interface, ["funcs"]) is linked


def test_what_wasmtime_lacks_is_not_linked() -> None:
    """A time zone can be granted, and Wasmtime has none: a stand-in is linked, so that the component loads."""
    assert grants("wasi:clocks/timezone@0.2.0", ["wasi:clocks"])
    assert not links("wasi:clocks/timezone@0.2.0", ["wasi:clocks"])


@pytest.mark.parametrize(
    ("interface", "grant"),
    [
        ("wasi:clocks/wall-clock@0.2.0", "wasi:clocks"),
        ("wasi_snapshot_preview1", "wasi_snapshot_preview1"),
        ("wippy:runtime/funcs@0.1.0", "funcs"),
        ("wasi:clocks/wall-clock@0.3.0", None),
        ("other:thing/x", None),
    ],
)
def test_the_grant_that_an_interface_needs(interface: str, grant: str | None) -> None:
    """Each interface leads to the name that ``imports:`` would need."""
    assert grant_for(interface) == grant


def test_versions_are_cut_off() -> None:
    """An interface is named without its version."""
    assert interface_of("wasi:io/poll@0.2.0-rc.1+x") == "wasi:io/poll"
