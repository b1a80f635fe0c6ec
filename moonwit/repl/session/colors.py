"""Colors of the session, by what they are for. Only the terminal's own sixteen, which its user has chosen to be readable."""

from __future__ import annotations

from collections.abc import Mapping

ANSI: Mapping[str, str] = {
    "number": "36",
    "string": "32",
    "word": "35",
    "name": "",
    "key": "34",
    "opaque": "33",
    "error": "1;31",
    "dim": "2",
    "bold": "1",
}


def paint(style: str, text: str, color: bool) -> str:
    """Gives a text in a color, where colors are wanted."""
    code = ANSI[style]
    return f"\x1b[{code}m{text}\x1b[0m" if color and code and text else text
