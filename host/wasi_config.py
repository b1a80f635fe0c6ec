"""What a guest sees of the world: the `wasi:` of an entry, looked up at each call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.host.names import shown
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.registry.registry import Registry


class WorldProblem(Exception):
    """What an entry's `wasi:` promises is not there at the moment of a call. ``kind`` is one of the kinds of Lua's errors."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


@record
class Mount:
    """A folder that a guest sees at an absolute path. ``id`` is the `fs.directory` entry; ``mode`` makes a folder that is not there."""

    id: str
    folder: Path
    guest: str
    read_only: bool
    mode: int | None = None

    def path(self) -> str:
        """Gives the folder's path, making the folder if its entry says so; raises ``WorldProblem``."""
        where = f"the folder {shown(str(self.folder))} of {self.id}, mounted at {self.guest},"
        try:
            if self.mode is not None and not self.folder.is_dir():
                self.folder.mkdir(self.mode, parents=True, exist_ok=True)
            if not self.folder.is_dir():
                what = "is not a folder" if self.folder.exists() else "does not exist"
                raise WorldProblem("NotFound", f"{where} {what}; make the folder, or correct `directory`")
        except OSError as error:
            raise WorldProblem("Unavailable", f"{where} can't be used: {(error.strerror or 'unknown error').lower()}") from None
        try:
            str(self.folder).encode()
        except UnicodeEncodeError:
            raise WorldProblem("Unavailable", f"{where} can't be used: its name is not UTF-8; give it another one") from None
        return str(self.folder)


@record
class World:
    """What one call sees: equal worlds look the same to a guest."""

    args: tuple[str, ...] = ()
    cwd: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    mounts: tuple[Mount, ...] = ()


EMPTY = World()


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
        return World(self._fixed.args, self._fixed.cwd, tuple(found.items()), self._fixed.mounts)

    def _mount(self, item: Mapping[str, object]) -> Mount:
        from moonwit.host.kinds import folder_of

        entry = self._registry.entries[str(item["fs"])]
        mode = int(str(entry.fields.get("mode") or "0755"), 8) if entry.fields.get("auto_init") else None
        guest = "/" + "/".join(part for part in str(item["guest"]).split("/") if part not in ("", "."))
        return Mount(entry.id, folder_of(entry, self._registry), guest, item.get("read_only") is True, mode)


def _items(given: object) -> list[Mapping[str, object]]:
    return [item for item in given if isinstance(item, Mapping)] if isinstance(given, Iterable) else []
