"""Programs of WASI 0.3 (tests/guests/program3): their streams, files and ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.projects import digest, write

PROGRAM = Path(__file__).parents[1] / "guests" / "program3" / "program3.wasm"


@pytest.mark.parametrize("text", ["", "in\n", "line\n" * 100_000])
def test_a_stream_of_input_is_the_stream_of_output(moonwit, text):
    """All that comes in goes out, in order, until its end."""
    done = moonwit("run", str(PROGRAM), "cat", input=text)
    assert (done.returncode, done.stdout, done.stderr) == (0, text, "")


def test_streams_and_futures_are_dropped_in_any_order(moonwit):
    """What is dropped is over, and what is left goes on."""
    done = moonwit("run", str(PROGRAM), "drops", input="")
    assert (done.returncode, done.stdout, done.stderr) == (0, "dropped\n", "")


def test_files_are_streams(moonwit, tmp_path):
    """A file is read, written, appended to and found in its folder by streams; one that is open for writing is not read."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.txt").write_text("hello file\n")
    done = moonwit("run", "--dir", f"{tmp_path / 'd'}::/d", str(PROGRAM), "files")
    assert (done.returncode, done.stdout) == (0, "a.txt b.txt\n"), done.stderr
    assert (tmp_path / "d" / "b.txt").read_text() == "hello file\nllo file\n"


def test_it_goes_on_after_run_has_returned(moonwit):
    """What it has begun ends before its process does."""
    done = moonwit("run", str(PROGRAM), "late")
    assert (done.returncode, done.stdout) == (0, "late\n"), done.stderr


@pytest.mark.parametrize(("argument", "status"), [("exit", 7), ("other", 1)])
def test_its_status(moonwit, argument, status):
    """It is what it exits with, or 1 for the error side of its result."""
    done = moonwit("run", str(PROGRAM), argument)
    assert (done.returncode, done.stdout, done.stderr) == (status, "", "")


def project(tmp_path: Path, *imports: str, **fields: object) -> str:
    fields = {"fs": "here", "path": PROGRAM.name, "hash": digest(PROGRAM), "imports": list(imports), **fields}
    main = {"name": "main", "kind": "process.wasm", "meta": {"command": {"name": "main"}}, **fields}
    write(tmp_path, "name: here, kind: fs.directory, directory: .", json.dumps(main)[1:-1], files={PROGRAM.name: PROGRAM.read_bytes()})
    return str(tmp_path)


def test_a_limit_ends_it_where_it_waits(moonwit, tmp_path):
    """A wait for centuries takes no longer than the entry allows."""
    folder = project(tmp_path, "wasi:cli", "wasi:clocks", limits={"max_execution_ms": 200})
    done = moonwit("run", "--project", folder, "main", "wait")
    assert done.returncode == 1
    assert "main took longer than its limit of 200 ms" in done.stderr


def test_what_is_not_granted_is_not_reached(moonwit, tmp_path):
    """Without `wasi:cli` it may not even ask for its arguments, and the sentence says what to import."""
    done = moonwit("run", "--project", project(tmp_path, "wasi:clocks"), "main", "cat")
    assert done.returncode == 1
    assert "add wasi:cli to the imports" in done.stderr
