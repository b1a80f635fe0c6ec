"""The picture of a session in the README shows what a session shows."""

import re
from html import unescape
from pathlib import Path

from tests.session import PICTURE, played, rows


def test_the_picture_is_of_a_session(tmp_path: Path) -> None:
    """Its text is what the screen shows when the same is typed: else run python -m tests.session."""
    terminal = played(tmp_path)
    try:
        shown = rows(terminal)
    finally:
        terminal.close()
    drawn = re.findall(r"<text [^>]*>(.*?)</text>", PICTURE.read_text(encoding="utf-8"))
    assert [unescape(re.sub(r"<[^>]+>", "", line)) for line in drawn] == shown
