"""Programs from several languages (tests/guests/program), run as commands of a project and by themselves."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from tests import projects

GUESTS = Path(__file__).parents[1] / "guests" / "program"
PROGRAMS = ("c", "rust", "go", "rust-p2")


@pytest.fixture
def run(tmp_path, moonwit):
    """Runs a program of a project: `moonwit run NAME arguments...`."""
    index = """
  - {name: here, kind: fs.directory, directory: .}
  - {name: input, kind: fs.directory, directory: input}
  - {name: output, kind: fs.directory, directory: output, auto_init: true}
  - {name: values, kind: env.storage.static, values: {GREETING: "good day"}}
  - {name: greeting, kind: env.variable, storage: values, variable: GREETING}
"""
    for name in PROGRAMS:
        shutil.copy(GUESTS / f"{name}.wasm", tmp_path)
        hash = hashlib.sha256((GUESTS / f"{name}.wasm").read_bytes()).hexdigest()
        grants = "wasi:cli, wasi:filesystem, wasi:clocks, wasi:io, wasi:random" if name == "rust-p2" else "wasi_snapshot_preview1"
        index += f"""  - name: {name}
    kind: process.wasm
    meta: {{command: {{name: {name}}}}}
    fs: here
    path: {name}.wasm
    hash: sha256:{hash}
    imports: [{grants}]
    wasi:
      cwd: /input
      env: [{{id: greeting, name: GREETING}}]
      mounts: [{{fs: input, guest: /input, read_only: true}}, {{fs: output, guest: /output}}]
"""
    (tmp_path / "input").mkdir()
    (tmp_path / "input" / "a.txt").write_text("from the host\n")
    (tmp_path / "secret.txt").write_text("not mounted\n")
    (tmp_path / "input" / "link.txt").symlink_to("../secret.txt")
    projects.write(tmp_path, index, namespace="demo")
    return lambda program, *arguments, **options: moonwit("run", "--project", str(tmp_path), program, *arguments, **options)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_sees_what_its_entry_shows(run, tmp_path, program):
    """A program of any language has the arguments of the command line, and variables and folders of its entry."""
    assert run(program, "args", "one", "zwei drei", "").stdout == "args\none\nzwei drei\n\n"
    assert run(program, "env", "GREETING").stdout == "good day\n"
    assert run(program, "env", "PATH").stdout == "(none)\n"
    assert run(program, "read", "/input/a.txt").stdout == "from the host\n"
    assert run(program, "write", "/output/b.txt", "from the guest").returncode == 0
    assert (tmp_path / "output" / "b.txt").read_text() == "from the guest"


@pytest.mark.parametrize("program", ["c", "rust", "rust-p2"])
def test_relative_paths_begin_at_the_working_directory(run, program):
    """A program whose library knows no working directory finds relative paths in the entry's `cwd`."""
    assert run(program, "read", "a.txt").stdout == "from the host\n"


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("path", ["/input/../secret.txt", "/input/link.txt", "/etc/passwd"])
def test_a_program_can_not_leave_its_folders(run, program, path):
    """No path leads a program out of its mounts."""
    result = run(program, "read", path)
    assert (result.stdout, result.stderr, result.returncode) == ("", "can't read\n", 1)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_read_only_folder_stays_as_it_is(run, tmp_path, program):
    """A program can't write where its entry says so."""
    for path in ("/input/a.txt", "/output/../input/new.txt"):
        assert run(program, "write", path, "x").returncode == 1
    assert sorted(path.name for path in (tmp_path / "input").iterdir()) == ["a.txt", "link.txt"]
    assert (tmp_path / "input" / "a.txt").read_text() == "from the host\n"


@pytest.mark.parametrize("program", PROGRAMS)
def test_standard_streams_and_status(run, program):
    """A program's streams are those of the command, and so is its status; WASI 0.2 knows success and failure alone."""
    assert run(program, "echo", input="one\ntwo").stdout == "one\ntwo"
    complaint = run(program, "complain", "oh no")
    assert (complaint.stdout, complaint.stderr, complaint.returncode) == ("", "oh no\n", 0)
    assert run(program, "sleep", "1").stdout == "awake\n"
    assert run(program, "exit", "0").returncode == 0
    assert run(program, "exit", "3").returncode == (1 if program == "rust-p2" else 3)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_without_a_project(moonwit, program):
    """`moonwit run FILE.wasm` runs a program with its arguments and standard streams, and no folders."""
    file = str(GUESTS / f"{program}.wasm")
    assert moonwit("run", file, "args", "one").stdout == "args\none\n"
    assert moonwit("run", file, "echo", input="text").stdout == "text"
    assert moonwit("run", file, "read", "/etc/passwd").stderr == "can't read\n"
    assert moonwit("run", file, "env", "PATH").stdout == "(none)\n"
