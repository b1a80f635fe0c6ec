"""What a guest sees of the world: the `wasi:` of an entry, looked up at each call."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.host.files.folders import open_folder
from moonwit.host.files.kinds import real_folder
from moonwit.host.values.names import shown
from moonwit.host.wasi.network import CLOSED, Network, network
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.registry.registry import Registry


class WorldProblem(Exception):
    """What an entry's `wasi:` promises is not there at the moment of a call. ``kind`` is one of the kinds of errors in Lua."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@record
class Mount:
    """A folder that a guest sees at an absolute path. ``id`` is the `fs.directory` entry; ``mode`` makes a folder that is not there.

    ``folder`` has no symbolic links, and none is followed that is put there later.
    """

    id: str
    folder: Path
    guest: str
    read_only: bool
    mode: int | None = None

    def open(self) -> int:
        """Gives a descriptor of the folder, making the folder if its entry says so; raises ``WorldProblem``."""
        try:
            return open_folder(self.folder, self.mode)
        except FileNotFoundError:
            raise self.problem("NotFound", "does not exist; make the folder, or correct `directory`") from None
        except NotADirectoryError:
            raise self.problem("NotFound", "is not a folder; correct `directory`") from None
        except OSError as error:
            if error.errno == errno.ELOOP:
                what = "was not a symbolic link when the project was loaded, and there is one in its path now; put the folder back"
                raise self.problem("PermissionDenied", what) from None
            raise self.problem("Unavailable", f"can't be opened: {(error.strerror or 'unknown error').lower()}") from None

    def problem(self, kind: str, what: str) -> WorldProblem:
        return WorldProblem(kind, f"the folder {shown(str(self.folder))} of {self.id}, mounted at {self.guest}, {what}")


@record
class World:
    """What one call sees: equal worlds look the same to a guest."""

    args: tuple[str, ...] = ()
    cwd: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    mounts: tuple[Mount, ...] = ()
    network: Network = CLOSED


EMPTY = World()


def worlds(given: Mapping[str, object], registry: Registry | None) -> Callable[[], World]:
    """Gives what tells each call of an entry with this `wasi:` what it sees."""
    return WasiSettings(given, registry).world if given and registry is not None else lambda: EMPTY


@record
class Folder:
    """An open folder that a guest sees at ``guest``; ``descriptor`` is for the taker to close."""

    mount: Mount
    descriptor: int
    guest: str


def folders(world: World) -> list[Folder]:
    """Opens the folders that a guest finds when it starts; raises ``WorldProblem``.

    The folder at ``cwd`` comes last, by the name `.`: C libraries know no working directory, and look for relative paths there.
    It is resolved beneath its mount, because a guest may have put a link in its place. With a mount at `/` it is left out: the
    same libraries would look there for absolute paths too.
    """
    opened: list[Folder] = []
    try:
        for mount in world.mounts:
            opened.append(Folder(mount, mount.open(), mount.guest))
        here = None if world.cwd is None else _mount_of(world.cwd, world.mounts)
        if here is not None and all(mount.guest != "/" for mount in world.mounts):
            opened.append(Folder(here[0], _working_directory(*here, str(world.cwd)), "."))
    except BaseException:
        for folder in opened:
            os.close(folder.descriptor)
        raise
    return opened


def _working_directory(mount: Mount, rest: str, name: str) -> int:
    from moonwit.host.files.beneath import open_beneath

    base = mount.open()
    try:
        return open_beneath(base, rest.encode() or b".", os.O_PATH | os.O_DIRECTORY)
    except OSError as error:
        why = (error.strerror or "unknown error").lower()
        raise WorldProblem("NotFound", f"the working directory {name} can't be opened in {mount.id}: {why}; make the folder") from None
    finally:
        os.close(base)


def _mount_of(path: str, mounts: Iterable[Mount]) -> tuple[Mount, str] | None:
    """Finds the mount that an absolute path of a guest lies in, the deepest one, and the path's rest."""
    path = _plain(path)
    inside = [mount for mount in mounts if path == mount.guest or path.startswith(mount.guest.rstrip("/") + "/")]
    mount = max(inside, key=lambda each: len(each.guest), default=None)
    return None if mount is None else (mount, path[len(mount.guest) :].strip("/"))


def _plain(path: str) -> str:
    return "/" + "/".join(part for part in path.split("/") if part not in ("", "."))


class WasiSettings:
    """The `wasi:` of one entry; may be asked from any thread."""

    def __init__(self, given: Mapping[str, object], registry: Registry) -> None:
        self._registry = registry
        self._env = _items(given.get("env"))
        args, cwd = given.get("args"), given.get("cwd")
        self._fixed = World(
            args=tuple(map(str, args)) if isinstance(args, list) else (),
            cwd=None if cwd is None else str(cwd),
            mounts=tuple(self._mount(item) for item in _items(given.get("mounts"))),
            network=network(given.get("network")),
        )

    def world(self) -> World:
        """Gives what a call made now sees; raises ``WorldProblem``."""
        if not self._env:
            return self._fixed
        from moonwit.host.environment.variables import VariableProblem, environment_of

        try:
            found = environment_of(self._registry).resolve(self._env)
        except VariableProblem as error:
            raise WorldProblem(error.kind, error.message) from None
        return World(self._fixed.args, self._fixed.cwd, tuple(found.items()), self._fixed.mounts, self._fixed.network)

    def _mount(self, item: Mapping[str, object]) -> Mount:
        entry = self._registry.entries[str(item["fs"])]
        mode = int(str(entry.fields.get("mode") or "0755"), 8) if entry.fields.get("auto_init") else None
        return Mount(entry.id, real_folder(entry, self._registry), _plain(str(item["guest"])), item.get("read_only") is True, mode)


def _items(given: object) -> list[Mapping[str, object]]:
    return [item for item in given if isinstance(item, Mapping)] if isinstance(given, Iterable) else []
