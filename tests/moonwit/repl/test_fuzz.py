"""Whatever is typed or pasted, the session goes on."""

import random

import pytest

# What a keyboard sends, beside characters. Without Ctrl-D, which leaves.
KEYS = [
    *("\r", "\t", "\x7f", "\x03", "\x12", "\x13", "\x01", "\x05", "\x0b", "\x15", "\x17", "\x19", "\x14", "\x1f", "\x00", "\x1a", "\x1c"),
    *(f"\x1b[{code}" for code in ("A", "B", "C", "D", "H", "F", "Z", "2~", "3~", "5~", "6~", "1;5C", "1;3D", "200~", "201~", "13;2u")),
    *("\x1b", "\x1b\r", "\x1bb", "\x1bd", "\x1b<", "\x1b.", "\x1bOS", "\x1bOP", "\x1b[24~", "\x1b[I", "\x1b[M !!", "\x1b[<0;1;1M"),
]
PIECES = [
    *("local x = ", "function f(", ") end", "'", '"', "[[", "]]", "--", "--[[", "{", "}", "for i = 1, 3 do ", "end", "return ", "..."),
    *("funcs.call('demo:", "x.", "x:", ":help ", ":load ", ":open ", ":show ", "é", "日本", "\U0001f600", "\u200d", "print(1)", "1ULL"),
]


@pytest.mark.parametrize("seed", range(4))
def test_random_keys(repl, seed):
    """Random keys, words and bytes neither end the session nor get it stuck."""
    source = random.Random(seed)
    for _ in range(120):
        choice = source.random()
        if choice < 0.4:
            repl.send(source.choice(KEYS))
        elif choice < 0.9:
            repl.send(source.choice(PIECES))
        else:
            repl.send(bytes(byte for byte in source.randbytes(8) if byte != 4))
        assert repl.process.poll() is None
    goes_on(repl)


def goes_on(repl):
    """Sees that the session still evaluates: whatever mode its keys were in, is left first."""
    # The end of a paste, then of a search, of vi's modes, of what runs.
    for _ in range(10):
        repl.send("\x1b[201~\x07\x03\x03")
        repl.read(0.5)
        repl.send("\x15'go' .. 'es ' .. 6 * 7\r")
        try:
            repl.until('"goes 42"', patience=6)
            return
        except AssertionError:
            assert repl.process.poll() is None, repl.text
    raise AssertionError(f"the session does not answer; the screen is:\n{repl.text}")


@pytest.mark.parametrize("seed", range(2))
def test_pasted_binary(repl, seed):
    """Pasted bytes of any kind are an input with a mistake, no more."""
    data = bytes(byte for byte in random.Random(seed).randbytes(3000) if byte != 0x1B)
    repl.send(b"\x1b[200~" + data + b"\x1b[201~\r")
    goes_on(repl)


def test_a_large_paste(repl):
    """A pasted script of 200 KiB runs as one input."""
    lines = "".join(f"t[{number}] = 'value number {number}'\n" for number in range(1, 6001))
    repl.send(f"\x1b[200~t = {{}}\n{lines}\x1b[201~")
    repl.send("\r")
    repl.prompt(2)
    assert "\n6000\n" in repl.enter("#t")


def test_typed_while_it_runs(repl):
    """What is typed while an input runs comes to the next prompt."""
    repl.send("time.sleep('500ms')\r")
    repl.until(lambda _: not repl.screen.display[repl.screen.cursor.y].startswith("[1]>"))
    repl.send("1 + 41\r")
    repl.until("\n42\n")
    repl.prompt(3)


def test_a_small_window(start):
    """A window of a few lines and columns is no reason to end."""
    repl = start(columns=12, lines=4)
    repl.until("[1]>")
    repl.send("funcs.call('demo:\t")
    repl.read(2)
    repl.send("\x03")
    repl.send("{1, 2, {a = 'long long long text'}}\r")
    repl.until("[2]>")
