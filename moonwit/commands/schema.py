"""`moonwit schema`: a JSON Schema of registry files, for editors."""

from __future__ import annotations

from collections.abc import Sequence

from moonwit import terminal
from moonwit.arguments import read
from moonwit.failures import WrongUsage


def command(arguments: Sequence[str]) -> int:
    """Prints the schema."""
    _, rest = read("schema", arguments)
    if rest:
        raise WrongUsage("schema takes no arguments", "schema")
    import json

    from moonwit.kinds import KINDS
    from moonwit.registry.reading.json_schema import json_schema

    terminal.write(json.dumps(json_schema(KINDS), indent=2) + "\n")
    return 0
