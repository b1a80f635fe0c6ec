"""Components of several, as text, and projects that hold them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wasmtime import wat2wasm

import moonwit
from tests.projects import digest, write
from tests.texts import texts

_, wat = texts(__file__)


@contextmanager
def opened(folder: Path, text: str | bytes, methods: dict[str, str], more: str = "") -> Iterator[moonwit.Project]:
    """A project with an entry for each of a component's ``methods``; its folder is new."""
    data = text if isinstance(text, bytes) else bytes(wat2wasm(text))
    (folder / "guest.wasm").write_bytes(data)
    fields = f"kind: function.wasm, fs: files, path: guest.wasm, hash: '{digest(data)}', pool: {{type: static, workers: 1, size: 1}}"
    entries = [f"name: {name}, {fields}, method: {json.dumps(method)}{more}" for name, method in methods.items()]
    write(folder, "name: files, kind: fs.directory, directory: .", *entries)
    with moonwit.open(folder) as project:
        yield project


# A memory whose realloc hands out one place after the other.
ALLOCATING = wat("allocating")

# A counter as a resource, whose destructor counts what has been dropped.
COUNTERS = wat("counters")

# Holds one such counter, and handles that it is lent.
HOLDER = wat("holder")
