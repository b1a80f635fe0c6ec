"""What was typed before, in a file of the user: inputs of any number of lines, the last ones kept."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import FileHistory

MOST_BYTES = 4 * 1024 * 1024
LARGEST = 64 * 1024  # of one input, in characters: a pasted script is not worth keeping


def place() -> Path | None:
    """Gives the file, in a folder that is made for it; None where there can be none."""
    base = os.environ.get("XDG_STATE_HOME")
    try:
        folder = (Path(base) if base else Path.home() / ".local" / "state") / "moonwit"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "repl_history"
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    except (OSError, RuntimeError):
        return None
    return path


class InputHistory(FileHistory):
    """A history that never fails: what can't be read or written is only remembered."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with suppress(OSError):
            self._shorten(path)

    @staticmethod
    def _shorten(path: Path) -> None:
        if path.stat().st_size > MOST_BYTES:
            kept = path.read_bytes()[-MOST_BYTES // 2 :]
            path.write_bytes(kept[kept.find(b"\n# ") :])

    def load_history_strings(self) -> Iterable[str]:
        """Gives the inputs, the last one first."""
        try:
            return super().load_history_strings()
        except OSError:
            return []

    def store_string(self, string: str) -> None:
        """Adds an input."""
        if len(string) <= LARGEST:
            with suppress(OSError):
                super().store_string(string)
