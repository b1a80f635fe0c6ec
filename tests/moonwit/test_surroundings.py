"""Commands in odd surroundings: closed streams, a deleted folder, names that are not UTF-8, files that are none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

INDEX = """
version: "1.0"
namespace: t
entries:
  - {name: memory, kind: env.storage.memory}
"""
PROGRAM = '(module (memory (export "memory") 1) (func (export "_start")))'
COMMANDS = {
    "repl": [],
    "run": ["s.lua"],
    "run a program": ["p.wat"],
    "run from input": ["-"],
    "call": ["--project", ".", "t:f"],
    "check": ["."],
    "list": [],
    "schema": [],
    "inspect": ["p.wat"],
    "serve": [],
}
CLOSED = {"input": "<&-", "output": ">&-", "all": "<&- >&- 2>&-", "full output": ">/dev/full"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "_index.yaml").write_text(INDEX)
    (tmp_path / "s.lua").write_text("print(1)")
    (tmp_path / "p.wat").write_text(PROGRAM)
    return tmp_path


def moonwit(*words, cwd=None, shell=None, **options):
    """Runs the command; `shell` is what a shell does with its streams, or before it."""
    line = [sys.executable, "-m", "moonwit", *words]
    if shell is not None:
        line = ["sh", "-c", shell.replace("COMMAND", '"$@"'), "sh", *line]
    options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(line, cwd=cwd, capture_output=True, timeout=60, **options)


def is_sound(ran):
    """Tells whether a command ended as one of ours does: no bug of ours, no traceback, no signal."""
    said = ran.stdout + ran.stderr
    return ran.returncode in (0, 1, 2) and b"bug in moonwit" not in said and b"Traceback" not in said and b"Exception ignored" not in said


@pytest.mark.parametrize("streams", CLOSED)
def test_closed_streams(streams, folder):
    """A command whose streams are closed, or take nothing, ends with a sentence where there is anybody to hear it."""
    for command, words in COMMANDS.items():
        ran = moonwit(command.split()[0], *words, cwd=folder, shell=f"COMMAND {CLOSED[streams]}")
        assert is_sound(ran), (command, ran)
        if command == "repl" and streams == "input":
            assert b"standard input is closed" in ran.stderr
        if "output" in streams and command not in ("repl", "run a program", "run from input", "call", "serve"):
            assert ran.returncode == 1 and b"standard output" in ran.stderr, (command, ran)


def test_a_deleted_working_directory(folder):
    """What needs no working directory works; what is named relative to it is said not to be found."""
    for command, words in COMMANDS.items():
        (folder / "gone").mkdir()
        words = [str(folder / word) if word in ("s.lua", "p.wat") else word for word in words]
        ran = moonwit(command.split()[0], *words, cwd=folder / "gone", shell="rmdir ../gone; COMMAND")
        assert is_sound(ran), (command, ran)
        if command in ("run", "run a program", "schema", "inspect"):
            assert ran.returncode == 0, (command, ran)
        if command in ("call", "check"):
            assert b"the working directory does not exist any more" in ran.stderr, (command, ran)
    for words in (["run", "--dir", ".", "P"], ["run", "--dir", ".::/x", "P"], ["list", "--project", "."], ["run", "--project", ".", "S"]):
        (folder / "gone").mkdir()
        words = [{"P": str(folder / "p.wat"), "S": str(folder / "s.lua")}.get(word, word) for word in words]
        ran = moonwit(*words, cwd=folder / "gone", shell="rmdir ../gone; COMMAND")
        assert is_sound(ran) and ran.returncode == 1 and b"the working directory does not exist any more" in ran.stderr, (words, ran)


def test_a_deleted_working_directory_in_python(folder):
    """A project that can't be found is a problem, not an exception."""
    (folder / "gone").mkdir()
    code = "import os, moonwit; os.rmdir(os.getcwd())\nwith moonwit.open('.') as p: print(len(p.registry.problems))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=folder / "gone", capture_output=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (0, b"1\n"), ran


def test_names_that_are_not_utf8(folder):
    """Files, folders and arguments are any bytes; a guest, which takes UTF-8 alone, is given what can be."""
    odd = b"\xff"
    for name in ("s.lua", "p.wat"):
        os.rename(folder / name, os.path.join(os.fsencode(folder), odd + name.encode()))
    project = os.path.join(os.fsencode(folder), odd)
    os.mkdir(project)
    Path(os.fsdecode(project), "_index.yaml").write_text(INDEX)
    program, none = odd + b"p.wat", b"none" + odd
    for words in (["run", odd + b"s.lua"], ["run", program], ["inspect", program], ["check", odd], ["list", "--project", odd]):
        ran = moonwit(*words, cwd=folder)
        assert is_sound(ran) and ran.returncode == 0, (words, ran)
    for words in (
        [odd], ["help", odd], ["run", none + b".lua"], ["run", none + b".wasm"], ["inspect", none], ["check", none], ["call", b"t:" + odd],
        ["run", "--dir", odd, program], ["run", "--dir", odd + b"::/x" + odd, program], ["run", "--env", b"A=" + odd, program],
        ["run", "--env", odd, program], ["run", program, odd], [b"--" + odd],
    ):  # fmt: skip
        ran = moonwit(*words, cwd=folder)
        assert is_sound(ran) and ran.returncode in (1, 2) and ran.stderr, (words, ran)


def test_odd_files(folder):
    """What is a pipe, a device, a link to itself or nothing readable in the place of a file is said to be that."""
    os.mkfifo(folder / "pipe.wasm")
    (folder / "loop").symlink_to("loop")
    (folder / "zero.wasm").symlink_to("/dev/zero")
    (folder / "memory.lua").symlink_to("/proc/self/mem")
    for words in (
        ["run", "pipe.wasm"], ["inspect", "pipe.wasm"], ["run", "zero.wasm"], ["run", "memory.lua"], ["run", "loop"], ["check", "loop"],
        ["check", "pipe.wasm"], ["list", "--project", "s.lua"], ["run", "--dir", "loop", "p.wat"], ["run", "--dir", "pipe.wasm", "p.wat"],
        ["run", "x" * 5000], ["check", "x" * 5000], ["run", "--dir", "x" * 5000, "p.wat"],
    ):  # fmt: skip
        ran = moonwit(*words, cwd=folder)
        assert is_sound(ran) and ran.returncode == 1 and ran.stderr, (words, ran)
        assert len(ran.stderr) < 10_000


@pytest.mark.parametrize(
    "environ",
    [
        {"HOME": None, "TERM": None}, {"HOME": "/nonexistent", "TERM": "bogus"}, {"HOME": "relative", "LC_ALL": "C"}, {"HOME": "\udcff"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"XDG_CACHE_HOME": "/dev/null", "COLUMNS": "abc", "LINES": "-1"},
        {"MOONWIT_CACHE": "/proc/x", "TZ": "bogus", "PATH": "", "TMPDIR": "/nonexistent"},
    ],
)  # fmt: skip
def test_odd_environments(environ, folder):
    """Commands do what they do without a home, a terminal, a locale or a place for their cache."""
    environ = {name: value for name, value in {**os.environ, **environ}.items() if value is not None}
    for words in (["run", "p.wat"], ["check"]):
        ran = moonwit(*words, cwd=folder, env=environ)
        assert is_sound(ran) and ran.returncode == 0, (words, ran)
    ran = moonwit("repl", cwd=folder, env=environ, input='print("é")\n'.encode(), stdin=None)
    assert (ran.returncode, ran.stdout) == (0, "é\n".encode()), ran
