"""Keys, signals, and the terminal's settings."""

import os
import signal
import subprocess
import sys
import termios
import time

import pytest


def test_alt_enter(repl):
    """Alt-Enter begins a new line where Enter would run the input."""
    repl.send("x = 1\x1b\r")
    repl.until("   >")
    repl.send("y = 2\x1b\rz = x + y")
    repl.until("   > z = x + y")
    repl.enter("")
    assert "\n3\n" in repl.enter("z")


def test_keys_from_the_environment(start):
    """MOONWIT_KEYS=vi begins with vi's keys: `x` deletes after Escape."""
    repl = start(MOONWIT_KEYS="vi")
    repl.until("[1]>")
    repl.send("123")
    repl.until("[1]> 123")
    repl.send("\x1b")
    end = time.monotonic() + 60
    while repl.screen.cursor.x != len("[1]> 12"):  # Escape alone takes a moment to be told from a key that begins with it
        assert time.monotonic() < end
        repl.read(0.1)
    repl.send("x")
    repl.until(lambda text: text.endswith("[1]> 12"))
    repl.enter("")
    assert "\n12\n" in repl.text


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.002, 0.004, 0.008])
def test_ctrl_c_right_after_enter(repl, delay):
    """Ctrl-C stops an input whenever it comes, also while the line is being left; the prompt comes back."""
    for _ in range(8):
        repl.send("while true do end\r")
        end = time.monotonic() + delay
        while time.monotonic() < end:
            repl.read(0.0005)
        repl.send("\x03")
        # Before the line was left it is cleared, and nothing has run.
        repl.until(lambda _: repl.screen.display[repl.screen.cursor.y].rstrip().endswith("]>"))
    repl.send("'well', 'there'\r")
    repl.until('"well"')


@pytest.mark.parametrize("how", ["Ctrl-D", "after Ctrl-C", "SIGTERM", "SIGTERM at work", "SIGTERM with a guest"])
def test_the_terminal_is_as_it_was(start, how):
    """However a session ends, the terminal has its settings back."""
    busy = {"after Ctrl-C": "while true do end", "SIGTERM at work": "while true do end", "SIGTERM with a guest": "funcs.call('demo:spin')"}
    # The settings that a terminal begins with: of another one, that nobody has touched.
    main, side = os.openpty()
    before = termios.tcgetattr(main)
    os.close(main)
    os.close(side)
    repl = start()
    repl.until("[1]>")
    assert repl.settings() != before
    if how in busy:
        repl.send(f"{busy[how]}\r")
        repl.until(lambda _: not repl.screen.display[repl.screen.cursor.y].startswith("[1]>"))
    if how.startswith("SIGTERM"):
        repl.process.send_signal(signal.SIGTERM)
        assert repl.ended() in (-signal.SIGTERM, 128 + signal.SIGTERM)
    else:
        if how in busy:
            repl.send("\x03")
            repl.prompt(2)
        repl.send("\x04")
        assert repl.ended() == 0
    assert repl.settings() == before


def test_a_terminal_that_closes(start):
    """When the terminal is gone the session ends, whatever runs."""
    for code in ("", "while true do end", "while true do print('x') end"):
        repl = start()
        repl.until("[1]>")
        if code:
            repl.send(f"{code}\r")
            repl.until(lambda _, repl=repl: not repl.screen.display[repl.screen.cursor.y].startswith("[1]>"))
        repl.hang_up()
        # At the prompt the end of the input may be noticed before the hang-up: then the session ends as with Ctrl-D.
        assert repl.process.wait(60) != 0 or not code


def test_starting(start):
    """The first prompt comes soon: in a few times what it takes to import the libraries that it is made of."""
    def importing() -> float:
        begun = time.monotonic()
        subprocess.run([sys.executable, "-c", "import wasmtime, lupa, prompt_toolkit, yaml"], check=True)
        return time.monotonic() - begun

    def prompting() -> float:
        begun = time.monotonic()
        repl = start()
        repl.until("[1]>")
        taken = time.monotonic() - begun
        repl.send("\x04")
        repl.ended()
        return taken

    for _ in range(5):
        # The least of each: other work on the machine only adds.
        libraries, session = min(importing() for _ in range(3)), min(prompting() for _ in range(3))
        if session < 2.5 * libraries:
            return
    raise AssertionError(f"{session:.2f} s to the prompt, {libraries:.2f} s to import its libraries")
