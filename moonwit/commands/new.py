"""`moonwit new`: a project that runs at once, with a guest in a language of choice."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from moonwit import terminal
from moonwit.arguments import read, suggest
from moonwit.failures import WrongUsage
from moonwit.projects.editors import init_editor
from moonwit.projects.folders import load
from moonwit.projects.starting import GUESTS, missing, start


def command(arguments: Sequence[str]) -> int:
    """Writes the files and says what to do with them."""
    options, rest = read("new", arguments, ("--guest",))
    if len(rest) != 1:
        raise WrongUsage("new needs the name of a folder", "new")
    guest = options.get("--guest")
    if guest is not None and guest not in GUESTS:
        raise WrongUsage(f"there is no guest {suggest(guest, list(GUESTS))}: there are {', '.join(GUESTS)}", "new")
    folder = Path(rest[0])
    names = start(folder, guest)
    init_editor(load(folder.resolve()))
    terminal.write(f"{folder}: {', '.join(names)}\n")
    lines = ["moonwit run main.lua", "moonwit test"]
    if guest is not None:
        build = [] if guest == "wat" else ["guest/build.sh"]
        lines += [*build, "moonwit call app:hello Ann"]
        if (sentence := missing(guest)) is not None:
            terminal.complain(sentence)
    terminal.write("".join(f"  {line}\n" for line in (f"cd {shlex.quote(str(folder))}", *lines)))
    return 0
