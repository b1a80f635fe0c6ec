"""The module `logger`: one line on standard error for each message."""

import re
import subprocess
import sys

import pytest


@pytest.fixture
def log(tmp_path):
    """Runs a script in a process of its own and gives the lines on standard error, without their time."""

    def run(text, level=None):
        (tmp_path / "s.lua").write_text(text)
        command = [sys.executable, "-m", "moonwit", "run", "s.lua"]
        env = {"PATH": "", "HOME": str(tmp_path), **({"MOONWIT_LOG": level} if level else {})}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, timeout=60)
        assert (done.stdout, done.returncode) == (b"", 0)
        return [re.sub(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", "", line) for line in done.stderr.decode().splitlines()]

    return run


ALL = "logger:debug('d') logger:info('i') logger:warn('w') logger:error('e')"


@pytest.mark.parametrize(("level", "shown"), [(None, "iwe"), ("debug", "diwe"), ("error", "e"), ("off", ""), ("nonsense", "iwe")])
def test_the_level_decides_what_is_shown(log, level, shown):
    """`MOONWIT_LOG` says from which level on messages are written."""
    assert log(ALL, level) == [{"d": "DEBUG d", "i": "INFO  i", "w": "WARN  w", "e": "ERROR e"}[letter] for letter in shown]


def test_fields_follow_in_order(log):
    """Numbers and words as they are, other text in quotes, tables as JSON, errors by their message."""
    lines = log("""
        logger:info('m', {
          n = 1.5, word = 'a/b', text = 'a "b', list = {1, 'x'}, err = errors.new('no luck'), yes = true,
        })
    """)
    assert lines == [r'INFO  m err=no luck list=[1,"x"] n=1.5 text="a \"b" word=a/b yes=true']


def test_a_message_is_one_line_that_a_terminal_does_not_obey(log):
    """Line ends and control characters are shown as escapes, and so are bytes that are not text."""
    lines = log(r"logger:info('a\nb\27[31m', {['k\r'] = '\0', raw = '\255é'})")
    assert lines == [r'INFO  a\nb\027[31m k\013="\u0000" raw=\255\195\169']


def test_a_logger_may_have_a_name_and_fields(log):
    """`with` adds fields, which a message's own go before; `named` puts a name in front."""
    lines = log(
        "local l = logger:with{user = 'ann', n = 1}:named('db') l:warn('slow', {n = 2}) l:with{x = 1}:info('x') logger:info('plain')"
    )
    assert lines == ["WARN  db: slow n=2 user=ann", "INFO  db: x n=1 user=ann x=1", "INFO  plain"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("logger.info('x')", "logger:info is called on a string, write logger:info(...)"),
        ("logger:info()", "logger:info: expected a string as the message, got nil"),
        ("logger:info('x', 1)", "logger:info: expected a table as the fields, got a number"),
        ("logger:info('x', {1})", "logger:info: expected strings as the names of fields, got a number"),
        ("logger:with{}:wran('x')", "a logger has no method 'wran', did you mean 'warn'?"),
        ("logger.info = 1", "the library 'logger' can't be changed"),
    ],
)
def test_misuse_raises(log, code, message):
    """A wrong call is a mistake of the script."""
    (line,) = log(f"local ok, err = pcall(function() {code} end) assert(not ok) logger:info(err)")
    assert message in line
