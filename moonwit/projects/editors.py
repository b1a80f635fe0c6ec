"""What editors read of a project: annotations of its functions, settings of the Lua language server, a JSON Schema of registry files."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from moonwit.failures import Failure

if TYPE_CHECKING:
    from moonwit.registry import Registry

# Where the schema goes, in the project's folder; registry files name it in a first line.
SCHEMA = ".moonwit/schema.json"


def init_editor(registry: Registry) -> int:
    """Writes all of it; gives how many functions are annotated. Raises ``Failure``."""
    from moonwit.kinds import KINDS
    from moonwit.projects.annotations import write_annotations
    from moonwit.registry.reading.json_schema import json_schema

    count = write_annotations(registry)
    path = registry.root / SCHEMA
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(json_schema(KINDS), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Failure(f"{error.filename} can't be written: {os.strerror(error.errno or 0).lower()}") from None
    return count
