"""The walk through a session on its page, key by key."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "repl.md"


def transcript() -> list[str]:
    """Gives the lines of the page's first example."""
    match = re.search(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert match is not None
    return match[1].splitlines()


def lines(text: str, begin: int) -> list[str]:
    """Gives the lines of a screen from one on."""
    return text.split("\n")[begin:]


def test_the_walk(start):
    """What the page shows is typed; the screen becomes what it shows."""
    repl = start("repl", cwd=ROOT / "examples" / "pipeline", columns=110, lines=70)
    repl.until("[1]>")
    begin = len(repl.text.split("\n")) - 1
    shown: list[str] = []
    for line in transcript():
        if line == "^C":
            repl.until(lambda _: not repl.screen.display[repl.screen.cursor.y].startswith("["))
            repl.send("\x03")
            continue
        typed = re.match(r"(\[\d+\]|  +)> (.*)", line)
        if typed is None:
            shown.append(line)
            repl.until(lambda text: lines(text, begin)[: len(shown)] == shown)
            continue
        asked = f"{typed[1]}>"
        repl.until(lambda _, asked=asked: repl.screen.display[repl.screen.cursor.y].startswith(asked))
        shown.append(line)
        # Lines are set in by themselves.
        repl.send(typed[2].lstrip() + "\r")
    assert repl.ended() == 0
    assert lines(repl.text, begin) == shown


def test_every_command_is_in_the_table():
    """The page's table of commands has each of them, and no other."""
    from moonwit.repl.commands import SUMMARIES

    table = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `:")]
    assert set(re.findall(r"`(:\w+)", "\n".join(table))) == set(SUMMARIES)
