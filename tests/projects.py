"""Projects of tests: what a folder holds is written here, and read by the same code as the projects of users.

    from tests.projects import entry, opened

    with opened(tmp_path, "name: nap, kind: function.lua, modules: [time], source: return time.sleep") as project:
        project.run_script("funcs.call('t:nap', 1)")

An entry is given as one of these, which may be mixed:

* ``entry("spin", "function.wat", source=SPIN, method="spin", limits={"max_execution_ms": 50})``: its fields. Take this for fields that
  a test computes, and for sources of several lines, which need no indentation so.
* ``"name: spin, kind: function.wat, method: spin, source: file://spin.wat"``: one line of YAML, the fields of one entry.
* ``"name: a\\nkind: library.lua\\n..."``: the same in several lines.
* ``"- name: a\\n  kind: library.lua\\n..."``: YAML of any number of entries, however far it is indented.

The namespace is `t`. ``files`` are more files by their names, text or bytes. `write` only writes, `loaded` gives the registry,
`opened` the project, and both fail when the project has a problem. Projects whose text is what is tested, as in tests/registry, are
written by those tests.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

import moonwit
from moonwit.kinds import KINDS
from moonwit.registry import Registry, load

Entry = Mapping[str, Any] | str
Files = Mapping[str, str | bytes]


def entry(name: str, kind: str = "function.wat", **fields: Any) -> dict[str, Any]:
    """Gives an entry's fields; those that are None are left out."""
    return {"name": name, "kind": kind} | {key: value for key, value in fields.items() if value is not None}


def folder(name: str = "here", directory: str | Path = ".") -> dict[str, Any]:
    """Gives an entry for a folder, that of the project unless another is named."""
    return entry(name, "fs.directory", directory=str(directory))


def digest(binary: Path | bytes) -> str:
    """Gives what a `hash` field says of a file."""
    data = binary if isinstance(binary, bytes) else binary.read_bytes()
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def guest(name: str, binary: Path, method: str | None = None, fs: str = "here", path: str | None = None, **fields: Any) -> dict[str, Any]:
    """Gives an entry for a function of a binary; ``method`` is ``name`` unless it is named, ``path`` the binary's name in ``fs``."""
    return entry(name, "function.wasm", fs=fs, path=path or binary.name, hash=digest(binary), method=method or name, **fields)


def _items(one: Entry) -> str:
    if not isinstance(one, str):
        # JSON is YAML, where it is written in one line of any characters.
        return f"  - {json.dumps(one, ensure_ascii=False)}\n"
    text = dedent(one).strip("\n")
    if text and not text.startswith("- "):
        text = "- " + indent(text, "  ")[2:] if "\n" in text else f"- {{{text}}}"
    return indent(f"{text}\n", "  ") if text else ""


def index(*entries: Entry, namespace: str = "t") -> str:
    """Gives the text of an `_index.yaml`."""
    return f'version: "1.0"\nnamespace: {namespace}\nentries:\n' + "".join(map(_items, entries))


def write(place: Path, *entries: Entry, namespace: str = "t", settings: str = "", files: Files | None = None) -> Path:
    """Writes a project to a folder, which is made where it is not there, and gives it; ``settings`` is the text of its moonwit.yaml."""
    place.mkdir(parents=True, exist_ok=True)
    more = {"moonwit.yaml": settings} if settings else {}
    for name, data in {"_index.yaml": index(*entries, namespace=namespace), **more, **(files or {})}.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return place


def loaded(place: Path, *entries: Entry, namespace: str = "t", settings: str = "", files: Files | None = None) -> Registry:
    """Writes a project and loads it; it has no errors."""
    registry = load(write(place, *entries, namespace=namespace, settings=settings, files=files), KINDS)
    assert not registry.errors, [problem.sentence for problem in registry.errors]
    return registry


@contextmanager
def opened(
    place: Path, *entries: Entry, namespace: str = "t", settings: str = "", files: Files | None = None, **options: Any
) -> Iterator[moonwit.Project]:
    """Writes a project and opens it; it has no problems. ``options`` are those of `moonwit.open`."""
    with moonwit.open(write(place, *entries, namespace=namespace, settings=settings, files=files), **options) as project:
        assert project.registry is not None
        assert not project.registry.problems, [problem.sentence for problem in project.registry.problems]
        yield project


def failure(call: Callable[..., object], *arguments: Any) -> moonwit.CallError:
    """Makes a call that fails, as ``failure(project.call, "t:f", 1)``, and gives its error."""
    with pytest.raises(moonwit.CallError) as caught:
        call(*arguments)
    return caught.value
