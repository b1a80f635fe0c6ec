"""What is wrong with a project, told while the session goes on: its registry at once, its binaries and scripts when they were looked at."""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.failures import Failure

if TYPE_CHECKING:
    from moonwit.registry import Problem

# How many are told; `moonwit check` prints all.
MOST = 10


def render(problems: Collection[Problem]) -> str:
    """Gives problems as text, the first of many."""
    lines = [problem.render(False) for problem in list(problems)[:MOST]]
    if len(problems) > MOST:
        lines.append(f"... and {len(problems) - MOST} more; moonwit check prints all")
    return "\n".join(lines)


class Check:
    """Looks at all that a project declares, as `moonwit check` does, on a thread of its own. The newest look is the one that tells."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._newest: object = None

    def begin(self, folder: Path, known: Collection[Problem]) -> None:
        """Begins a look; what it finds that is not ``known`` yet is reported in the end, notes are left out."""
        look = self._newest = object()

        def check() -> None:
            from moonwit.projects.checking import check

            try:
                registry = check(folder)
            except Failure:
                return  # there is no project there any more
            except Exception:
                if os.environ.get("MOONWIT_DEBUG"):
                    traceback.print_exc()
                return self._tell("the project could not be checked: moonwit check tells why") if self._newest is look else None
            found = [problem for problem in registry.problems if problem.severity != "note" and problem not in known]
            if found and self._newest is look:
                self._tell(render(found))

        threading.Thread(target=check, name="moonwit check", daemon=True).start()
