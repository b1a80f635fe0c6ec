"""The kinds `env.variable` and `env.storage.*`, as the registry checks them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from weakref import WeakKeyDictionary

from moonwit.host.files.kinds import ABSOLUTE, linked_outside, mode_rule, path_rule
from moonwit.registry import Broken, Entry, Flag, Items, Kind, Problem, Reference, Registry, Table, Text, pattern, shown

STORAGES = tuple(f"env.storage.{name}" for name in ("os", "memory", "static", "file", "router"))
DEFAULT_MODE = "0600"


def variable_of(entry: Entry) -> str:
    """Gives the name that an `env.variable` has in its storage: the entry's id when none is written."""
    return str(entry.fields.get("variable") or entry.id)


_files: WeakKeyDictionary[Registry, dict[str, Path]] = WeakKeyDictionary()


def file_of(entry: Entry, registry: Registry) -> Path:
    """Gives the file of an `env.storage.file`: relative to the project, or absolute, as its owner grants it.

    Symbolic links are resolved when this is first asked, as the project is loaded: a guest that may write where the file is could
    put one in its place later, and that one is not followed.
    """
    known = _files.setdefault(registry, {})
    if entry.id not in known:
        known[entry.id] = Path(os.path.realpath(registry.root / str(entry.fields["file_path"])))
    return known[entry.id]


@pattern(r"[^=\x00]*")
def variable_rule(text: str) -> Broken:
    """Says what is wrong with the name of an environment variable."""
    return f"can't be the name of an environment variable: {shown(text)}" if "=" in text or "\0" in text else None


@pattern(r"[^\x00]*")
def value_rule(text: str) -> str | None:
    """Says what is wrong with a value."""
    return "holds a NUL character" if "\0" in text else None


def check_variable(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks that the storage can hold a variable of that name."""
    storage = registry.entries.get(str(entry.fields["storage"]))
    if storage is not None and storage.kind == "env.storage.file":
        from moonwit.host.environment.dotenv import is_key

        if not is_key(variable_of(entry)):
            sentence = f"a file can't hold a variable named {shown(variable_of(entry))}"
            yield entry.problem(("variable",), sentence, "leave out white space and quotes")


def check_file(entry: Entry, registry: Registry) -> Iterator[Problem]:
    """Checks that the file is there, unless it is to be made, and every line of it."""
    from moonwit.host.environment.dotenv import SyntaxProblem, values
    from moonwit.host.environment.files import MAX_BYTES
    from moonwit.registry.files import Unreadable, read_text

    path, name = file_of(entry, registry), str(entry.fields["file_path"])
    if linked_outside(registry.root, name):
        yield entry.problem(("file_path",), f"the file {shown(name)} is, or lies behind, a symbolic link that leaves the project", ABSOLUTE)
        return
    try:
        text = read_text(path, MAX_BYTES)
    except Unreadable as error:
        if error.why != "does not exist":
            yield entry.problem(("file_path",), f"the file {shown(name)} {error.why}", error.hint)
        elif not path.parent.is_dir():
            yield entry.problem(("file_path",), f"the folder of the file {shown(name)} does not exist", "make the folder")
        elif not entry.fields["auto_create"]:
            hint = "make the file, or write `auto_create: true` to have it made"
            yield entry.problem(("file_path",), f"the file {shown(name)} does not exist", hint)
        return
    try:
        values(text)
    except SyntaxProblem as error:
        # Without the line itself: what can't be read may be a piece of a secret.
        yield Problem(path, error.line, error.column, error.sentence, error.hint, entry=entry.id)


KINDS: tuple[Kind, ...] = (
    Kind(
        "env.variable",
        {
            "storage": Reference(kinds=STORAGES, required=True, summary="the id of the `env.storage.*` entry that keeps the value"),
            "variable": Text(rule=variable_rule, summary="its name in the storage; the entry's id if left out"),
            "default": Text(rule=value_rule, empty=True, written=True, summary="the value when the storage has none"),
            "readonly": Flag(default=False, summary="scripts can't set it"),
        },
        check_variable,
        "an environment variable that functions may be given",
    ),
    Kind("env.storage.os", {}, None, "the environment of the host's own process, read only"),
    Kind("env.storage.memory", {}, None, "values that are kept until the process ends"),
    Kind(
        "env.storage.static",
        {
            "values": Table(
                of=Text(rule=value_rule, empty=True, written=True), key_rule=variable_rule, required=True, summary="values by name"
            )
        },
        None,
        "values that stand in the entry, read only",
    ),
    Kind(
        "env.storage.file",
        {
            "file_path": Text(rule=path_rule, required=True, summary="a file of `KEY=VALUE` lines, relative to the project or absolute"),
            "auto_create": Flag(default=False, summary="make the file if it is not there"),
            "file_mode": Text(rule=mode_rule, written=True, default=DEFAULT_MODE, summary="octal permissions of a file that is made"),
        },
        check_file,
        "values in a dotenv file",
    ),
    Kind(
        "env.storage.router",
        {
            "storages": Items(
                of=Reference(kinds=STORAGES, acyclic=True),
                unique=str,
                required=True,
                summary="ids of storages: the first that has a name wins, a value is written to the first that takes it",
            )
        },
        None,
        "several storages, one after the other",
    ),
)
