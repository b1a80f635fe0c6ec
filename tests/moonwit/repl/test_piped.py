"""A session without a terminal, and scripts from standard input."""

import subprocess
import sys

import pytest

from tests.texts import texts

_, wat = texts(__file__)


def piped(text: str | bytes, *arguments: str, cwd) -> subprocess.CompletedProcess[str]:
    """Runs `moonwit` with something on standard input."""
    data = text.encode() if isinstance(text, str) else text
    command = [sys.executable, "-m", "moonwit", *arguments]
    done = subprocess.run(command, input=data, capture_output=True, cwd=cwd, timeout=120, check=False)
    output, problems = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(command, done.returncode, output, problems)


@pytest.mark.parametrize(
    ("text", "output"),
    [
        ("return 1 + 1", "2\n"),
        ("1 + 1\n", "2\n"),
        ("print(1);\n1 + 1;\n", "1\n2\n"),
        ("#!/usr/bin/env lua\nlocal x = 2\nx", "2\n"),
        ("::top:: local x = 3\nx", "3\n"),
        ("{\n1,\n2}\n1 +\n2\n", "{1, 2}\n3\n"),
        ("local x = 5\nfor i = 1, 2 do\n  x = x + i\nend\n\nx, {x}\n", "8\n{8}\n"),
        ("print('a')\nfuncs.call('demo:add', 1, 2)\n", "a\n3\n"),
        ("s = [[one\ntwo]]\n#s", "7\n"),
        ("coroutine.spawn(function() print('later') end) time.sleep('10ms')", "later\n"),
        (b"\xef\xbb\xbf1 + 1\n", "2\n"),  # a byte order mark, as some editors write it
        ("", ""),
        ("-- nothing\n\n", ""),
    ],
)
def test_values_are_printed(folder, text, output):
    """Each input's values are printed, as at a terminal but without colors and prompts; the exit code is 0."""
    result = piped(text, "repl", cwd=folder)
    assert (result.stdout, result.stderr, result.returncode) == (output, "", 0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("print(1)\n\nerror('no')\nprint(2)\n", "moonwit: Internal: stdin:3: no"),
        ("print(1)\nx = = 1\nprint(2)\n", "moonwit: stdin:2: unexpected symbol near '='"),
        ("print(1)\nfor i = 1, 2 do\n", "moonwit: stdin:3: 'end' expected (to close 'for' at line 2) near '<eof>'"),
        ("print(1)\n:help\n", "moonwit: stdin:2: commands such as :help work at a terminal only"),
        (b"print(1)\nx = '\xff' \x01\n", "moonwit: stdin:2: "),
    ],
)
def test_the_first_mistake_ends_it(folder, text, sentence):
    """What fails is told on stderr with its line, nothing after it runs, and the exit code is 1."""
    result = piped(text, "repl", cwd=folder)
    assert (result.stdout, result.returncode) == ("1\n", 1)
    assert result.stderr.startswith(sentence)


def test_files_first(folder):
    """Files that are named run before what standard input holds."""
    (folder / "first.lua").write_text("x = 20", encoding="utf-8")
    assert piped("x + 1", "repl", "first.lua", cwd=folder).stdout == "21\n"
    assert piped("", "repl", "first.txt", cwd=folder).returncode == 2


def test_a_reader_that_leaves(folder):
    """When nobody reads the output any more, it ends."""
    command = f"{sys.executable} -m moonwit repl | head -n 1"
    script = b"while true do print('again') end\n"
    done = subprocess.run(command, shell=True, input=script, capture_output=True, cwd=folder, timeout=120, check=False)
    assert done.stdout == b"again\n"


def test_run_reads_a_script(folder):
    """`moonwit run -` runs the script on standard input, with its arguments; errors name stdin and the line."""
    result = piped("print(..., funcs.call('demo:answer'))", "run", "-", "a", cwd=folder)
    assert (result.stdout, result.returncode) == ("a\t42\n", 0)
    result = piped("\nerror('no')", "run", "-", cwd=folder)
    assert (result.returncode, result.stderr.splitlines()[0]) == (1, "moonwit: stdin:2: no")


def test_what_waits_for_ever_fails(folder):
    """Nobody can type what would wake an input that comes from a pipe, so it fails, and says so once."""
    result = piped("coroutine.spawn(function() time.sleep('10ms') end)\n(channel.new():receive())\n", "repl", cwd=folder)
    assert result.returncode == 1
    assert result.stderr.count("deadlock") == 1
    assert "the main coroutine waits for channel receive at stdin:2" in result.stderr
    text = "c = channel.new()\ncoroutine.spawn(function() time.sleep('10ms') c:send(7) end) and nil\n(c:receive())"
    result = piped(text, "repl", cwd=folder)
    assert (result.stdout, result.returncode) == ("nil\n7\n", 0)



def test_a_file_is_granted_more(moonwit, write):
    """What a guest needs and is harmless it has; the rest is granted by `--grant`, which takes no unknown names."""
    guest = wat("a_file_is_granted_more")
    write("guest.wat", guest)
    source = "return funcs.call('guest:one')\n"
    assert moonwit("repl", "guest.wat", input=source).stdout == "1\n"
    assert moonwit("repl", "--grant", "funcs, wasi:http", "guest.wat", input=source).stdout == "1\n"
    refused = moonwit("repl", "--grant", "wasi:htp", "guest.wat", input=source)
    assert refused.returncode == 1 and "a grant names the unknown import `wasi:htp`: did you mean `wasi:http`?" in refused.stderr
    assert "--grant is for WebAssembly files" in moonwit("repl", "--grant", "funcs", input=source).stderr
