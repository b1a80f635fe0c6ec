"""Errors on standard error and in the log have an end, whatever a script makes of them."""

import subprocess
import sys

import pytest

from tests import projects

SCRIPTS = {
    "message": "error(('x'):rep(5000000))",
    "details": "error(errors.new{message = 'm', details = {text = ('x'):rep(5000000)}})",
    "many details": "local all = {} for i = 1, 100000 do all[i] = {a = i} end error(errors.new{message = 'm', details = all})",
    "lines": "error(('line\\n'):rep(500000))",
    "a table": "error({('x'):rep(5000000)})",
    "wrapped": "local e = errors.new('inner') for i = 1, 200 do e = errors.wrap(e, ('x'):rep(20000)) end error(e)",
}
# Sentence, lines below, and the names before them.
MOST = 4000 + 100 * 1100


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("how", ["run", "call", "repl"])
def test_an_error_without_end(name, how, tmp_path):
    """Its beginning is printed, and how much is left out; the command fails as it would."""
    (tmp_path / "script.lua").write_text(SCRIPTS[name])
    projects.write(tmp_path, '- {name: f, kind: function.lua, modules: [errors], source: "file://body.lua"}\n')
    (tmp_path / "body.lua").write_text(f"return function() {SCRIPTS[name]} end")
    command = {"run": ["run", "script.lua"], "call": ["call", "t:f"], "repl": ["repl"]}[how]
    given = SCRIPTS[name].encode() + b"\n" if how == "repl" else None
    line = [sys.executable, "-m", "moonwit", *command]
    ran = subprocess.run(line, cwd=tmp_path, input=given, stdin=None if given else subprocess.DEVNULL, capture_output=True, timeout=120)
    assert ran.returncode == 1 and b"bug in moonwit" not in ran.stderr
    assert 0 < len(ran.stderr) <= MOST
    if how != "repl":
        assert b" more " in ran.stderr, ran.stderr[-500:]


@pytest.mark.parametrize(("length", "expected"), [(3_991, False), (3_992, True)])
def test_what_is_short_is_whole(length, expected, tmp_path):
    """A sentence of the length that is shown is not cut."""
    (tmp_path / "s.lua").write_text(f"error(('x'):rep({length}))")  # with "s.lua:1: " before it
    ran = subprocess.run([sys.executable, "-m", "moonwit", "run", "s.lua"], cwd=tmp_path, capture_output=True, timeout=60)
    assert (b"more characters)" in ran.stderr) == expected


def test_details_say_how_much_is_left_out(tmp_path):
    """The line of the details ends with the number of characters that are not shown."""
    (tmp_path / "s.lua").write_text("error(errors.new{message = 'm', details = ('x'):rep(5000)})")
    ran = subprocess.run([sys.executable, "-m", "moonwit", "run", tmp_path / "s.lua"], capture_output=True, timeout=60)
    line = next(line for line in ran.stderr.decode().splitlines() if line.startswith("\tdetails"))
    shown, _, left = line.partition("... (")
    assert len(shown) + int(left.split(" ")[0]) == len('\tdetails: ""') + 5000
