"""A guest gets what its entry grants, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.host.wasi.conftest import Entry
from tests.projects import failure
from tests.texts import texts

_, wat = texts(__file__)

Functions = Callable[..., dict[str, Entry]]

WASI = wat("wasi")


def test_what_is_not_imported_fails_when_it_is_called(functions: Functions) -> None:
    """Undeclared imports don't keep a component from loading; calling one says which interface the entry lacks."""
    found = functions(WASI)
    assert found["plain"].call([]) == 7
    for name, sentence in [
        ("random", "uses wasi:random/random, which its entry does not import (it called get-random-u64): add wasi:random"),
        ("now", "uses wasi:clocks/monotonic-clock, which its entry does not import (it called now): add wasi:clocks"),
        ("alone", "calls alone, which nothing provides: "),
        ("nothing", "calls call-nothing of wippy:runtime/funcs, but the interface has no such function: "),
    ]:
        error = failure(found[name].call, [])
        assert error.kind == "PermissionDenied"
        assert error.message.startswith(f"the function app:{name} {sentence}")
    assert found["plain"].call([]) == 7


@pytest.mark.parametrize(
    ("imports", "random", "now"),
    [
        (("wasi:random",), True, False),
        (("wasi:clocks",), False, True),
        (("wasi:clocks/monotonic-clock@0.2.3", "wasi:random/random"), True, True),
        (("wasi:clocks/wall-clock", "wasi:random/insecure"), False, False),
        (("wasi:io", "wasi:cli", "wasi:filesystem"), False, False),
    ],
)
def test_grants_open_exactly_what_they_name(imports: tuple[str, ...], random: bool, now: bool, functions: Functions) -> None:
    """A granted interface works whatever 0.2 version the guest was built against; its neighbors stay closed."""
    found = functions(WASI, *imports)
    for name, granted in [("random", random), ("now", now)]:
        if granted:
            assert found[name].call([]) > 0
        else:
            assert "does not import" in failure(found[name].call, []).message


PRINTER = wat("printer")


def test_output_reaches_the_hosts_streams_when_granted(capfd: pytest.CaptureFixture[str], functions: Functions) -> None:
    """With ``wasi:cli`` a guest's output goes to the host's, an unfinished line at the end of the call."""
    found = functions(PRINTER, "wasi:cli")
    found["out"].call(["one\ntwo"])
    found["err"].call(["three\n"])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("one\ntwo", "three\n")


def test_output_goes_nowhere_without_a_grant(capfd: pytest.CaptureFixture[str], functions: Functions) -> None:
    """Without ``wasi:cli`` a guest may print, and nobody sees it."""
    found = functions(PRINTER)
    found["out"].call(["one\n"])
    found["err"].call(["two\n"])
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_guest_sees_no_arguments_of_the_host(functions: Functions) -> None:
    """With ``wasi:cli`` granted, arguments are still empty; without, asking for them is an error."""
    assert functions(PRINTER, "wasi:cli")["arguments"].call([]) == 0
    error = failure(functions(PRINTER)["arguments"].call, [])
    assert error.message == (
        "the function app:arguments uses wasi:cli/environment, which its entry does not import (it called get-arguments): "
        "add wasi:cli to the imports of app:arguments, as in `imports: [wasi:cli]`"
    )


WASI_GUEST = Path(__file__).parents[2] / "guests" / "wasi" / "wasi.wasm"


def test_a_guest_with_a_standard_library_runs_on_little(capfd: pytest.CaptureFixture[str], functions: Functions) -> None:
    """A guest written in C asks for directories and standard streams first of all: it computes without any grant, prints with
    ``wasi:cli`` alone, and what it really lacks is what the error names."""
    data = WASI_GUEST.read_bytes()
    bare, printing = functions(data), functions(data, "wasi:cli")
    assert bare["add"].call([1, 2]) == 3
    bare["say"].call(["nobody hears"])
    printing["say"].call(["hello"])
    assert capfd.readouterr().out == "hello\n"
    assert "uses wasi:cli/environment," in failure(bare["arguments"].call, []).message
    assert "uses wasi:clocks/" in failure(printing["seconds"].call, []).message
    assert printing["arguments"].call([]) == []
    assert printing["variable"].call(["PATH"]) is None
    assert printing["read-line"].call([]) is None
    assert b"err" in printing["read-file"].call(["/etc/passwd"])
    exited = failure(printing["leave"].call, [3])
    assert (exited.kind, exited.message) == ("Internal", "leave: it exited with status 1")
    assert printing["add"].call([1, 2]) == 3


def test_granted_filesystem_and_clocks_hold_nothing_of_the_host(functions: Functions) -> None:
    """With the grants alone there is time, and there are no directories."""
    found = functions(WASI_GUEST.read_bytes(), "wasi:cli", "wasi:clocks", "wasi:filesystem")
    assert found["seconds"].call([]) > 1_700_000_000
    assert b"err" in found["list-folder"].call(["/"])
