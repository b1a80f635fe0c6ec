"""`--watch`: a command in a process of its own, started again when a file of the project changes; hashes that changed are taken."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from moonwit import terminal
from moonwit.failures import CommandError
from moonwit.interrupt import STATUS

# How often files are looked at, and how long a command has to end before it is killed, in seconds.
LOOK, GRACE = 0.3, 5.0
_ENDINGS = (".lua", ".yaml", ".yml", ".wasm", ".wat", ".wit", ".json", ".env", ".txt")
_SKIPPED = frozenset({"node_modules", "target", "__pycache__"})
_MOST_FILES = 20_000
_PR_SET_PDEATHSIG = 1

# What a file was when it was looked at: when it was changed, and its size.
Stamps = Mapping[str, tuple[int, int]]


def watch(arguments: Sequence[str], root: Path | None, files: Iterable[Path] = ()) -> int:
    """Runs `moonwit` with these arguments, and again after each change of a file of ``root`` or of ``files``, until Ctrl-C or SIGTERM."""
    more, child = [path for path in files if path.exists()], None

    def stop(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(STATUS if number == signal.SIGINT else 0)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _prepare(root)
        while True:
            seen = stamps(root, more)
            child = _start(arguments)
            told = False
            while (now := stamps(root, more)) == seen:
                if not told and child.poll() is not None:
                    told = True
                    terminal.write_error("moonwit: waiting for a change; Ctrl-C ends\n")
                time.sleep(LOOK)
            # A build may still be writing.
            while (later := stamps(root, more)) != now:
                now = later
                time.sleep(LOOK)
            changed = sorted(name for name in {*seen, *now} if seen.get(name) != now.get(name))
            _end(child)
            terminal.write_error(f"moonwit: {_listed(changed)} changed\n")
            _prepare(root)
    finally:
        if child is not None:
            _end(child)
        for number, handler in before.items():
            signal.signal(number, handler)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(terminal.clean(os.path.relpath(name)) for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def stamps(root: Path | None, files: Iterable[Path] = ()) -> Stamps:
    """Gives what there is now of what is watched."""
    found: dict[str, tuple[int, int]] = {}
    for path in files:
        _stamp(os.path.realpath(path), found)
    if root is None:
        return found
    for folder, folders, names in os.walk(os.path.realpath(root)):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _SKIPPED]
        for name in names:
            if name.endswith(_ENDINGS) and not name.startswith("."):
                _stamp(os.path.join(folder, name), found)
        if len(found) > _MOST_FILES:
            break
    return found


def _stamp(name: str, found: dict[str, tuple[int, int]]) -> None:
    try:
        status = os.stat(name)
    except OSError:
        return
    found[name] = (status.st_mtime_ns, status.st_size)


def _start(arguments: Sequence[str]) -> subprocess.Popen[bytes]:
    """Starts the command; it ends with this process, however that ends."""
    prctl = ctypes.CDLL(None).prctl

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)

    return subprocess.Popen([sys.executable, "-m", "moonwit", *arguments], preexec_fn=die_with_parent)


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _prepare(root: Path | None) -> None:
    """Takes hashes that have changed, which it says, and brings up to date what editors read where that is there."""
    if root is None:
        return
    from moonwit.projects.editors import SCHEMA, init_editor
    from moonwit.projects.folders import load
    from moonwit.projects.locking import Change, changes, write
    from moonwit.registry.problems import shorten

    try:
        found = [change for change in changes(load(root)) if isinstance(change, Change)]
        write(found)
        for entry, _, after in found:
            terminal.write_error(f"moonwit: {shorten(entry.file)}: {entry.id} has the hash {after[:19]} now\n")
        if (root / SCHEMA).exists():
            init_editor(load(root))
    except CommandError as error:
        # What is wrong with the project is shown by the command itself.
        terminal.complain(error.sentence)
