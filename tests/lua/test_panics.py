"""What a guest writes to standard error before it fails is in its error, where the entry grants it."""

from __future__ import annotations

import pytest

from tests.lua.conftest import Lane
from tests.texts import texts

_, wat = texts(__file__)

# Writes what is at an address to standard error; `fail` traps then.
MODULE = wat("module")

COMPONENT = wat("component")

RUST = "\nthread '<unnamed>' panicked at src/lib.rs:9:5:\nindex out of range\nnote: run with `RUST_BACKTRACE=1` environment variable\n"
GO = "panic: no luck\n\ngoroutine 1 [running]:\nmain.greet()\n\t/src/main.go:20\n"
PYTHON = "Traceback (most recent call last):\n  File app.py, line 3, in greet\nValueError: no\n"


@pytest.fixture
def guest(lane):
    """Opens a project with one entry for a module that writes this text."""

    def make(text: str) -> Lane:
        data = "".join(f"\\{byte:02x}" for byte in text.encode())
        return lane({"g": "imports: [wasi1]"}, MODULE % (data, len(text.encode()), len(text.encode())))

    return make


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (RUST, "thread '<unnamed>' panicked at src/lib.rs:9:5: index out of range"),
        (GO, "panic: no luck goroutine 1 [running]: main.greet()"),
        (PYTHON, "Traceback (most recent call last): File app.py, line 3, in greet ValueError: no"),
        ("one\ntwo\nthree\nfour\n", "two three four"),
        ("\x1b[31mred\x07", "[31mred"),
    ],
)
def test_the_message_has_the_panic_on_one_line(guest, text, line):
    """From where it says that it panics, else its last lines; nothing in it that a terminal could take for a command."""
    said = guest(text)("local _, err = funcs.call 't:g#fail' print(err:message()) print(err:details().stderr)")
    message, _, rest = said.partition("\n")
    assert message == f"fail: wasm `unreachable` instruction executed: {line}"
    assert rest == f"{text}\n"


def test_only_what_the_call_itself_has_written(guest):
    """What earlier calls wrote is not in the error of a later one, and without a word there are no details."""
    said = guest("early words\n")("""
      funcs.call 't:g#say'
      local _, err = funcs.call 't:g#silent'
      print(err:message(), err:details())
    """)
    assert said == "silent: wasm `unreachable` instruction executed\tnil\n"


def test_much_is_cut(guest):
    """Of much the end is kept, and the message has an end of its own."""
    said = guest("x" * 9000)("""
      local _, err = funcs.call 't:g#fail'
      print(#err:message() < 400, #err:details().stderr)
    """)
    assert said == "true\t4096\n"


def test_a_component_says_it_too(lane, capfd):
    """What it writes by streams of WASI 0.2 is in its error, and reaches the host's standard error as well."""
    run: Lane = lane({"g": "imports: [wasi:cli]"}, COMPONENT)
    said = run("for i = 1, 2 do local _, err = funcs.call 't:g#fail' print(err:message(), err:details().stderr) end")
    assert said == "fail: wasm `unreachable` instruction executed: panic: quietly\tpanic: quietly\n" * 2
