"""The picture of a session: inputs typed into the real command in a pseudo-terminal, and what its screen shows then, as an SVG.

Run: python -m tests.session; writes docs/session.svg. tests/moonwit/repl/test_picture.py compares the text; colors may differ.
"""

from __future__ import annotations

import os
import sys
from html import escape
from itertools import groupby
from pathlib import Path

from tests.moonwit.repl.conftest import Terminal

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "session.svg"
COLUMNS, LINES = 104, 34
INPUTS = (
    "6 * 7",
    'local users = {{id = 1, name = "Ann", tags = {"admin", "staff"}, active = true}}',
    'funcs.call("demo:transform_users", users)',
    "_[1].tag_count",
    'users[1].id = "one"',
    'funcs.call("demo:transform_users", users)',
    "help(time.after)",
)
# What a terminal calls its colors, on a dark ground.
COLORS = {
    "default": "#d4d4d8", "black": "#71717a", "red": "#f87171", "green": "#4ade80", "brown": "#facc15", "blue": "#60a5fa",
    "magenta": "#e879f9", "cyan": "#22d3ee", "white": "#f4f4f5",
}  # fmt: skip
WIDE, HIGH, EDGE = 8.4, 18, 14


def played(home: Path) -> Terminal:
    """Plays the session, with its history below ``home``, and gives the terminal, whose command has to be closed."""
    env = {**os.environ, "HOME": str(home), "XDG_STATE_HOME": str(home), "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)}
    for name in ("NO_COLOR", "MOONWIT_DEBUG", "MOONWIT_KEYS"):
        env.pop(name, None)
    command = [sys.executable, "-m", "moonwit", "repl"]
    terminal = Terminal(command, ROOT / "examples" / "pipeline", env, COLUMNS, LINES)
    try:
        terminal.prompt(1)
        for line in INPUTS:
            terminal.enter(line)
    except BaseException:
        terminal.close()
        raise
    return terminal


def rows(terminal: Terminal) -> list[str]:
    """Gives what is shown from the first prompt on, without the prompt that waits."""
    shown = terminal.text.split("\n")
    begin = next(number for number, line in enumerate(shown) if line.startswith("[1]>"))
    end = next(number for number, line in enumerate(shown) if line.startswith(f"[{len(INPUTS) + 1}]>"))
    return shown[begin:end]


def picture(terminal: Terminal) -> str:
    """Gives the SVG of the rows."""
    lines = rows(terminal)
    begin = next(number for number, line in enumerate(terminal.screen.display) if line.startswith("[1]>"))
    width, height = round(COLUMNS * WIDE + 2 * EDGE), len(lines) * HIGH + 2 * EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#18181b"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, monospace" font-size="14" xml:space="preserve">',
    ]
    for number, line in enumerate(lines):
        cells = terminal.screen.buffer[begin + number]
        spans = []
        for color, group in groupby(range(len(line)), key=lambda at, cells=cells: cells[at].fg):
            text = "".join(cells[at].data for at in group)
            spans.append(f'<tspan fill="{COLORS.get(color.removeprefix("bright"), f"#{color}")}">{escape(text)}</tspan>')
        parts.append(f'<text x="{EDGE}" y="{EDGE + number * HIGH + 13}">{"".join(spans)}</text>')
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def main() -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        terminal = played(Path(home))
        try:
            PICTURE.write_text(picture(terminal), encoding="utf-8")
        finally:
            terminal.close()


if __name__ == "__main__":
    main()
