"""Projects made for a test."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from moonwit.kinds import KINDS
from moonwit.registry import Registry, load


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Registry]:
    """Gives a function that writes files by name and loads the folder."""

    def make(files: Mapping[str, str | bytes] | str, environ: Mapping[str, str] | None = None) -> Registry:
        for name, content in ({"_index.yaml": files} if isinstance(files, str) else files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load(tmp_path, KINDS, environ or {})

    return make
