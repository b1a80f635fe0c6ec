"""What was compiled is kept for the next process, whole or not at all, and not without end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from moonwit.host.compiling import jobs
from moonwit.host.compiling.code import Wanted
from moonwit.host.compiling.jobs import Compiler
from moonwit.host.compiling.store import Store
from moonwit.host.engine.engine import engine_for, shared_engine
from tests.host.compiling.shapes import SHAPES, body, module, section

DATA = b"what was compiled" * 100


def file_of(folder: Path) -> Path:
    """Gives the one file of a store."""
    (found,) = folder.iterdir()
    return found


def test_what_is_saved_is_there(tmp_path: Path) -> None:
    """A name gives what was saved under it last, to every process."""
    Store(tmp_path).save("a", DATA)
    Store(tmp_path).save("a", DATA + b"!")
    assert Store(tmp_path).load("a") == DATA + b"!"
    assert Store(tmp_path).load("b") is None
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("damage", ["cut", "longer", "changed", "empty", "magic"])
def test_what_is_damaged_is_nothing(damage: str, tmp_path: Path) -> None:
    """A file that is not as it was written is not used."""
    store = Store(tmp_path)
    store.save("a", DATA)
    path = file_of(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(
        {"cut": whole[:-1], "longer": whole + b"!", "changed": whole[:-1] + b"!", "empty": b"", "magic": b"M" + whole[1:]}[damage]
    )
    assert store.load("a") is None
    store.save("a", DATA)
    assert store.load("a") == DATA


def test_without_a_folder_nothing_is_kept() -> None:
    """Where there can be no store everything works all the same."""
    store = Store(None)
    store.save("a", DATA)
    assert store.load("a") is None
    store.tidy()


def test_a_folder_that_takes_nothing_is_no_error(tmp_path: Path) -> None:
    """A folder that is gone, or full, keeps nothing."""
    store = Store(tmp_path / "gone")
    store.save("a", DATA)
    assert store.load("a") is None
    store.tidy()


def test_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    """A store that is too large is made smaller; what was used last stays."""
    store = Store(tmp_path)
    for number, name in enumerate("abcd"):
        store.save(name, DATA)
        os.utime(max(tmp_path.iterdir(), key=os.path.getmtime), (1000 + number, 1000 + number))
    assert store.load("a") == DATA  # it is used, so it is not the oldest any more
    size = file_of_size(tmp_path)
    store.tidy(4 * size)
    assert len(list(tmp_path.iterdir())) == 4
    store.tidy(4 * size - 1)
    assert [store.load(name) is not None for name in "abcd"] == [True, False, False, True]


def file_of_size(folder: Path) -> int:
    """Gives the size of a store's files, which are all of the same size."""
    (size,) = {path.stat().st_size for path in folder.iterdir()}
    return size


def test_code_comes_from_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a process has compiled, at once or in another process, the next one has without compiling; for its kind of engine alone."""
    small, large = (shape + section(0, b"\x05store") for shape in (module([body([], b"")]), SHAPES["wide"](4)))
    with jobs.apart(Store(tmp_path)):
        compiler = Compiler(shared_engine(), "t:kept")
        assert compiler.get(small) is not None and compiler.get(large) is None
        request = compiler.request()
        assert request.wait(120) and request.problem is None
    # Another process: nothing is compiled there, nothing may be.
    with jobs.apart(Store(tmp_path)):
        monkeypatch.setattr(Wanted, "compile", None)
        again = Compiler(shared_engine(), "t:kept")
        assert again.get(small) is not None and again.get(large) is not None and not again.missing
        other = Compiler(engine_for(small=True), "t:kept")
        other.get(large)
        assert len(other.missing) == 1


def test_code_for_another_machine_is_compiled_anew(tmp_path: Path) -> None:
    """What the engine does not take is not a failure."""
    data = module([body([], b"")]) + section(0, b"\x07machine")
    Store(tmp_path).save(Wanted(data, shared_engine()).code.name, b"of another machine")
    with jobs.apart(Store(tmp_path)):
        assert Compiler(shared_engine(), "t:other").get(data) is not None
    kept = Store(tmp_path).load(Wanted(data, shared_engine()).code.name)
    assert kept is not None and kept != b"of another machine"
