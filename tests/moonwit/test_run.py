"""`moonwit run`: scripts with their arguments, and functions of the registry."""

import os
import subprocess
import sys

import pytest


@pytest.fixture
def run(moonwit, write):
    """Runs the text of a script."""
    return lambda text, *arguments: moonwit("run", write("script.lua", text), *arguments)


def test_everything_after_the_script_belongs_to_it(moonwit, write):
    """Arguments are `...` and the global `arg`, also those that look like options of ours."""
    write("s.lua", "print(select('#', ...), ...) print(#arg, arg[1], arg[4])")
    result = moonwit("run", "s.lua", "--project", "-h", "--", "a b", "")
    assert (result.stdout, result.stderr, result.returncode) == ("5\t--project\t-h\t--\ta b\t\n5\t--project\ta b\n", "", 0)


def test_arguments_are_bytes(moonwit, write):
    """An argument that is not UTF-8 reaches the script byte for byte."""
    write("s.lua", "print((...):byte(1, -1))")
    assert moonwit("run", "s.lua", b"\xff\x41").stdout == "255\t65\n"


def test_a_first_line_for_the_system_is_skipped(run):
    """`#!` may begin a script, a byte order mark too, and lines keep their numbers."""
    assert run("#!/usr/bin/env moonwit\nprint('x')").stdout == "x\n"
    assert run("\ufeff#!/usr/bin/env moonwit\nprint('x')").stdout == "x\n"
    assert "script.lua:2: here" in run("#!/usr/bin/env moonwit\nerror('here')").stderr


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (None, "does not exist; did you mean `scripts.lua`?"),
        ("folder", "is a folder"),
        (b"", "is empty"),
        (b" \n\n", "is empty"),
        (b"\x1bLJ\x02", "is compiled Lua (bytecode)"),
        (b"print(1)\nprint('\xff')", "is not UTF-8 text (byte 0xff in line 2)"),
    ],
)
def test_a_file_that_is_no_script_is_refused(moonwit, tmp_path, data, sentence):
    """What can't be a script is refused with one sentence that names it."""
    (tmp_path / "scripts.lua").write_text("print(1)")
    if data == "folder":
        (tmp_path / "script.lua").mkdir()
    elif data is not None:
        (tmp_path / "script.lua").write_bytes(data)
    result = moonwit("run", "script.lua")
    assert (result.stdout, result.returncode) == ("", 1)
    assert result.stderr.startswith("moonwit: the script script.lua ")
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_syntax_error_names_file_and_line(moonwit, write):
    """A script that can't be compiled ends with file, line and what Lua says."""
    write("s.lua", "local a = 1\nlocal b = = 2\n")
    result = moonwit("run", "s.lua")
    assert (result.stderr, result.returncode) == ("moonwit: s.lua:2: unexpected symbol near '='\n", 1)


def test_an_uncaught_error_shows_where_it_came_from(moonwit, write):
    """An error ends the script with its message once, and the frames below."""
    write("s.lua", "print('before')\nlocal function f()\n  error('boom')\nend\nf()\n")
    result = moonwit("run", "s.lua")
    assert (result.stdout, result.returncode) == ("before\n", 1)
    assert result.stderr == "moonwit: s.lua:3: boom\n\ts.lua:3: in f\n\ts.lua:5: in main chunk\n"


def test_an_error_value_gets_the_line_it_was_made_at(moonwit, write, project):
    """An error value that is thrown on shows the line of the script, the guest's frames and the message once."""
    write("project/s.lua", "local _, err = funcs.call('demo:crash')\n\nerror(err)\n")
    result = moonwit("run", "s.lua", cwd=project)
    assert result.returncode == 1
    first, *frames = result.stderr.splitlines()
    assert first.startswith("moonwit: s.lua:1: crash: ")
    assert any("guest inner" in frame for frame in frames)
    assert "\ts.lua:1: in main chunk" in frames
    assert result.stderr.count("unreachable") == 1


def test_what_a_terminal_could_obey_is_not_shown(run):
    """Control characters in a message do not reach the terminal."""
    result = run(r"error('\27[2Jgone', 0)")
    assert "\x1b" not in result.stderr
    assert "[2Jgone" in result.stderr


def test_the_project_is_found_from_the_script_then_from_the_working_directory(moonwit, write, project):
    """A script's own project comes before the working directory's; a script without one has the standard library."""
    call = "local v, err = funcs.call('demo:answer') print(v or err)"
    write("project/scripts/s.lua", call)
    write("elsewhere/s.lua", call)
    elsewhere = write("other/_index.yaml", "version: '1.0'\nnamespace: demo\nentries: []\n").parent
    assert moonwit("run", project / "scripts" / "s.lua", cwd=elsewhere).stdout == "42\n"
    assert moonwit("run", "../elsewhere/s.lua", cwd=project).stdout == "42\n"
    assert moonwit("run", "--project", project, "elsewhere/s.lua").stdout == "42\n"
    assert "no project was found" in moonwit("run", "elsewhere/s.lua").stdout


def test_problems_are_shown_and_the_script_runs(moonwit, write, project):
    """Problems of the registry are printed to stderr with a caret; what does not depend on them works."""
    index = project / "_index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace("method: neg", "methd: neg"), encoding="utf-8")
    write("project/s.lua", "print(funcs.call('demo:answer')) print(funcs.call('demo:neg', 1))")
    result = moonwit("run", "s.lua", cwd=project)
    assert result.returncode == 0
    assert result.stdout.startswith("42\nnil\tthe entry demo:neg can't be used: ")
    assert "_index.yaml:12:5: error: " in result.stderr
    assert "    methd: neg\n      ^^^^^\n" in result.stderr
    assert "did you mean `method`?" in result.stderr
    result = moonwit("run", "demo:neg", "1", cwd=project)
    assert result.returncode == 1
    assert "moonwit: the entry demo:neg can't be used" in result.stderr
    assert moonwit("run", "demo:answer", cwd=project).returncode == 0


def test_an_entry_is_run_for_what_it_does(moonwit, project):
    """`run ns:entry` calls a function with arguments as `call` reads them, and shows nothing of its result."""
    result = moonwit("run", "demo:same", "null", cwd=project)
    assert (result.stdout, result.stderr, result.returncode) == ("nil\tfalse\n", "", 0)
    result = moonwit("run", "--project", project, "demo:neg", "-3")
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)
    assert moonwit("run", "demo:greeting", cwd=project).returncode == 1


def test_a_reader_that_has_gone_ends_the_script_quietly(write):
    """`moonwit run ... | head -1` ends without a word."""
    script = write("s.lua", "for i = 1, 1e7 do print(i) end")
    process = subprocess.Popen([sys.executable, "-m", "moonwit", "run", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"1\n"
    process.stdout.close()
    assert process.wait(60) == 1
    assert process.stderr is not None
    with process.stderr as errors:
        assert errors.read() == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_output_that_is_lost_is_told(write):
    """A full disk is an error, also when it shows only at the end."""
    script = write("s.lua", "print('x')")
    with open("/dev/full", "wb") as full:
        result = subprocess.run([sys.executable, "-m", "moonwit", "run", script], stdout=full, stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert b"No space left" in result.stderr
    assert b"Traceback" not in result.stderr


def test_a_closed_standard_output_is_no_file(tmp_path, write, project):
    """With standard output closed nothing that is opened later is taken for it."""
    script = write("project/s.lua", "print(funcs.call('demo:answer'))")
    before = (project / "_index.yaml").read_bytes()
    result = subprocess.run(["sh", "-c", '"$0" -m moonwit run "$1" >&-', sys.executable, script], stderr=subprocess.PIPE)
    assert result.returncode == 1
    assert b"standard output can't be written to" in result.stderr
    assert (project / "_index.yaml").read_bytes() == before
