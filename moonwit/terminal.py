"""What the user sees: standard output as UTF-8 whatever the locale, sentences on standard error, color on a terminal only."""

from __future__ import annotations

import os
import sys
from typing import TextIO

_RED, _PLAIN = "\x1b[1;31m", "\x1b[0m"

# How much of an error is shown: characters of its sentence and of each line below, and how many lines.
MOST_SENTENCE, MOST_LINE, MOST_LINES = 4000, 1000, 100


class NoOutput(Exception):
    """Standard output is closed or takes no more: the environment causes it."""


def open_missing() -> None:
    """Puts something in the place of standard streams that are closed: else the next file opened would be taken for one.

    What is put there can't be written to, so that output is not lost without a word.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)


# Whether a line stands on the terminal that the next output is to replace.
_line_stands = False


def show_line(text: str) -> None:
    """Shows a line on standard error, a terminal, in place of the one before."""
    global _line_stands
    _put(f"\r\x1b[K{clean(text)[: max(width() - 1, 1)]}")
    _line_stands = True


def clear_line() -> None:
    """Takes the line away."""
    global _line_stands
    if _line_stands:
        _line_stands = False
        _put("\r\x1b[K")


def write(text: str) -> None:
    """Writes text to standard output; raises BrokenPipeError when its reader has gone, and NoOutput."""
    clear_line()
    if sys.stdout is None:
        raise NoOutput("standard output is closed, so the result can't be shown")
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise NoOutput(f"standard output can't be written to: {_reason(error)}") from None


def write_error(text: str) -> None:
    """Writes text to standard error; when nobody takes it there is nobody to tell."""
    clear_line()
    _put(text)


def _put(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.buffer.write(text.encode("utf-8", "replace"))
        sys.stderr.buffer.flush()
    except OSError:
        return


def complain(sentence: str, more: str = "") -> None:
    """Says what went wrong, and below it the lines of ``more``; of what a script or a guest has made endless, the beginning."""
    name = f"{_RED}moonwit:{_PLAIN}" if colored(sys.stderr) else "moonwit:"
    write_error("\n".join([f"{name} {clean(bounded(sentence, MOST_SENTENCE))}", *below(more)]) + "\n")


def below(more: str) -> list[str]:
    """Gives the lines to show below a sentence, bounded in number and in length."""
    lines = [line for line in bounded(more, MOST_LINES * MOST_LINE).split("\n") if line]
    left = len(lines) - MOST_LINES
    shown = [clean(bounded(line, MOST_LINE)) for line in lines[:MOST_LINES]]
    return [*shown, f"\t... ({left} more lines)"] if left > 0 else shown


def bounded(text: str, limit: int) -> str:
    """Cuts a text that is longer than it may be, and says how much is left out."""
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text) - limit} more characters)"


def clean(text: str) -> str:
    """Gives text without what a terminal could take for a command; line ends and tabs stay."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text)


def is_terminal(stream: TextIO | None) -> bool:
    """Tells whether a stream is a terminal."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # it is closed
        return False


def colored(stream: TextIO | None) -> bool:
    """Tells whether a stream is a terminal that shows colors and whose user wants them."""
    return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Gives the columns of the terminal, and 80 where there is none."""
    if not is_terminal(sys.stdout):
        return 80
    try:
        return max(40, os.get_terminal_size(sys.stdout.fileno()).columns or 80)
    except OSError:
        return 80


def abandon() -> None:
    """Points standard output at nothing, so that nobody tries again at the end of the process."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.close(nothing)
    except OSError:
        return


def reader_is_gone() -> bool:
    """Tells whether standard output is a pipe that nobody reads any more."""
    import select

    poll = select.poll()
    poll.register(1, select.POLLOUT)
    try:
        return any(events & select.POLLERR for _, events in poll.poll(0))
    except OSError:
        return False


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno else str(error)
