"""The modules args, term and progress, in a real terminal and without one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pyte
import pytest

from tests.texts import texts

lua, _ = texts(__file__)

SPEC = """{ about = 'Tests.',
  { 'source', help = 'where from' }, { 'rest', many = true, required = false },
  { '--limit', '-l', default = 8, type = 'integer', help = 'how many' }, { '--rate', type = 'number' },
  { '--mode', choices = { 'fast', 'slow' } }, { '--dry-run', '-n' }, { '--tag', many = true },
  { '--wait', type = 'duration', default = '2s' } }"""


def moonwit(folder: Path, script: str, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs a script without a terminal."""
    (folder / "s.lua").write_text(script, encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "moonwit", "run", "s.lua", *words],
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )


def in_terminal(folder: Path, script: str, columns: int = 60, **env: str) -> tuple[str, list[str]]:
    """Runs a script in a terminal; gives all that was written, and the lines that stand on the screen in the end."""
    (folder / "s.lua").write_text(script, encoding="utf-8")
    main, other = pty.openpty()
    screen = pyte.Screen(columns, 30)
    stream = pyte.ByteStream(screen)
    import fcntl
    import struct
    import termios

    fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    environ = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(
        [sys.executable, "-m", "moonwit", "run", "s.lua"],
        cwd=folder,
        env={**environ, "TERM": "xterm", **env},
        stdin=other,
        stdout=other,
        stderr=other,
    ) as process:
        os.close(other)
        written = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:  # the terminal is closed with the last that holds it
                break
            if not piece:
                break
            written += piece
            stream.feed(piece)
        process.wait(timeout=120)
    os.close(main)
    return written.decode(), [line.rstrip() for line in screen.display if line.strip()]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("a",), "a 0 8 nil nil false 0 2s"),
        (("a", "b", "c", "--limit", "3", "--dry-run"), "a 2 3 nil nil true 0 2s"),
        (("-l", "4", "a", "-n", "--rate=-1.5", "--mode", "slow"), "a 0 4 -1.5 slow true 0 2s"),
        (("--tag=x=y", "--tag", "", "--", "--limit", "-n"), "--limit 1 8 nil nil false 2 2s"),
        (("-5", "--wait", "1m30s"), "-5 0 8 nil nil false 0 1m30s"),
        (("-",), "- 0 8 nil nil false 0 2s"),
    ],
)
def test_words_become_values(tmp_path: Path, words: tuple[str, ...], shown: str) -> None:
    """Options before and behind arguments, with = or a space, flags, lists, negative numbers, and -- for what looks like an option."""
    script = f"local o = args.parse({SPEC}, ...) print(o.source, #o.rest, o.limit, o.rate, o.mode, o.dry_run, #o.tag, o.wait)"
    result = moonwit(tmp_path, script, *words)
    assert (result.stdout.replace("\t", " "), result.stderr) == (shown + "\n", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((), "SOURCE is missing"),
        (("a", "--limit", "x"), "--limit: expected a whole number, got 'x'"),
        (("a", "--limit", "1.5"), "--limit: expected a whole number, got '1.5'"),
        (("a", "--limit"), "--limit needs a value"),
        (("a", "--lmit", "3"), "there is no option '--lmit', did you mean '--limit'?"),
        (("a", "--mode", "fats"), "--mode: expected one of fast, slow, got 'fats', did you mean 'fast'?"),
        (("a", "--dry-run=yes"), "--dry-run takes no value"),
        (("a", "--wait", "soon"), "--wait: expected a duration such as 1m30s, got 'soon'"),
        (("a", "-x"), "there is no option '-x'"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    """A sentence and the usage on standard error, status 2, and nothing of the script runs on."""
    result = moonwit(tmp_path, f"pcall(args.parse, {SPEC}, ...) print('went on')", *words)
    assert (result.stdout, result.returncode) == ("", 2)
    assert result.stderr.splitlines()[0].endswith(sentence)
    read = moonwit(tmp_path, f"local o, e = args.read({SPEC}, ...) print(o, e:kind(), e)", *words)
    assert read.stdout == f"nil\tInvalid\t{sentence}\n"


def test_help(tmp_path: Path) -> None:
    """--help prints what the description says."""
    result = moonwit(tmp_path, f"args.parse({SPEC}, ...) print('went on')", "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == (
        "usage: moonwit run s.lua [OPTIONS] SOURCE [REST...]\n\nTests.\n\narguments:\n  SOURCE  where from\n  REST\n\noptions:\n"
        "  --limit, -l LIMIT  how many (default: 8)\n  --rate RATE\n  --mode MODE        (one of fast, slow)\n  --dry-run, -n\n"
        "  --tag TAG          (may be repeated)\n  --wait WAIT        (default: 2s)\n  --help, -h         show this help\n"
    )


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("5", "args: expected a table as the description, got a number"),
        ("{5}", "args: number 1 of the description: expected a table that begins with a name"),
        ("{{'--x', typ = 'integer'}}", "unknown field 'typ', did you mean 'type'?"),
        ("{{'--x', type = 'int'}}", "unknown type 'int'"),
        ("{{'--x'}, {'--x'}}", "args: the option --x is described twice"),
        ("{{'--x y'}}", "expected a name such as --limit, -l, or file, got '--x y'"),
        ("{{'a', many = true}, {'b'}}", "args: nothing can come behind a, which takes many"),
        ("{abuot = ''}", "args: unknown field 'abuot', did you mean 'about'?"),
    ],
)
def test_a_wrong_description_is_the_scripts_mistake(tmp_path: Path, spec: str, sentence: str) -> None:
    """It raises."""
    result = moonwit(tmp_path, f"\nargs.parse({spec})")
    assert result.returncode == 1
    assert sentence in result.stderr.splitlines()[0]


def test_tables(tmp_path: Path) -> None:
    """Records and lists, numbers at the right, wide characters, chosen columns, holes, and no escape sequences of others."""
    script = lua("tables")
    assert moonwit(tmp_path, script).stdout == (
        "name       n\n------  ----\na          5\nlonger  12.5\n           7\n"
        "key   count\n----  -----\nx         1\n日本     20\n"
        "a?[2Jb c z  true\n            é\n".replace("é", "e\u0301")
        + "\ta  b\n-  -\nxxxxxxxx…  yyyyyyyy…\nplain\tfalse\tfalse\t80\n"
    )


def test_tables_and_colors_in_a_terminal(tmp_path: Path) -> None:
    """The header is bold, columns are cut to the width of the terminal, and NO_COLOR turns colors off."""
    script = "print(term.table({{a = ('x'):rep(100), b = 1}})) print(term.red('red'), term.width())"
    written, lines = in_terminal(tmp_path, script, columns=40)
    assert lines == ["a" + " " * 38 + "b", "x" * 36 + "…  1", "red     40"]
    assert "\x1b[1ma" in written and "\x1b[31mred\x1b[0m" in written
    plain, _ = in_terminal(tmp_path, script, columns=40, NO_COLOR="1")
    assert "\x1b" not in plain


def test_a_bar_without_a_terminal_is_lines(tmp_path: Path) -> None:
    """One for each tenth, with failures, on standard error, and the last with the end."""
    script = lua("a_bar_without_a_terminal_is_lines")
    result = moonwit(tmp_path, script)
    lines = [line.partition(" (")[0] for line in result.stderr.splitlines()]
    assert lines == [f"work: {n} of 100{', 1 failed' if n >= 50 else ''}" for n in range(10, 101, 10)] + ["0 of 0"]
    assert result.stdout == "bar (100 of 100)\n"


def test_a_bar_in_a_terminal_is_one_line(tmp_path: Path) -> None:
    """It is drawn anew in place, what is printed meanwhile stands above it, and what stays is its last state."""
    script = lua("a_bar_in_a_terminal_is_one_line")
    written, lines = in_terminal(tmp_path, script)
    assert lines[0] == "printed" and lines[2] == "after" and len(lines) == 3
    assert lines[1].startswith("work [#####") and "4 of 4, 1 failed" in lines[1]
    assert written.count("\rwork [") >= 3


def test_a_bar_that_is_left_standing_is_taken_away(tmp_path: Path) -> None:
    """An error is not written behind it."""
    _, lines = in_terminal(tmp_path, "local bar = progress.bar{total = 4, title = 'work'} time.sleep('60ms') bar:add() error('no')")
    assert lines[0] == "moonwit: s.lua:1: no"


def test_progress_of_a_map(tmp_path: Path) -> None:
    """group.map counts items and failures."""
    script = """
        local r, e = group.map({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, function(x) if x == 3 then error('no', 0) end end,
          {on_error = 'collect', progress = 'items'})
        print(e)"""
    result = moonwit(tmp_path, script)
    assert result.stdout == "no\n"
    assert result.stderr.splitlines()[-1].startswith("items: 10 of 10, 1 failed")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("progress.bar{totl = 5}", "progress.bar: options has no option 'totl', did you mean 'total'?"),
        ("progress.bar():add('x')", "bar:add: expected a whole number of steps, got a string"),
        ("progress.bar():add(0.5)", "bar:add: expected a whole number of steps, got 0.5"),
        ("term.table(5)", "term.table: expected a list of rows, got a number"),
        ("term.table{5}", "term.table: expected a table as row 1, got a number"),
        ("term.table({}, {columns = {1}})", "term.table: options.columns: expected a text as number 1, got a number"),
    ],
)
def test_misuse_raises(tmp_path: Path, text: str, sentence: str) -> None:
    """The sentence says what was expected, and where."""
    assert moonwit(tmp_path, f"\n{text}").stderr.splitlines()[-2].startswith(f"moonwit: s.lua:2: {sentence}")
