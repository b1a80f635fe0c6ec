"""Values to YAML, by libyaml. Keys are sorted: LuaJIT's own order differs from run to run."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

from moonwit.host.values.intermediate import NONE, ErrorValue, Some, Value, kind_of
from moonwit.stdlib.tasks.problem import DataProblem

# Lines are not folded.
_WIDTH = 2**30


def encode(value: Value, field_order: Sequence[bytes] = ()) -> bytes:
    """Writes one document. Keys that ``field_order`` names come first, as they stand there, then the rest by name."""
    import yaml

    order = {name: place for place, name in enumerate(field_order)}
    text: str = yaml.dump(
        _plain(value, order),
        Dumper=_dumper(yaml),
        default_flow_style=False,
        allow_unicode=True,
        sort_keys=False,
        width=_WIDTH,
    )
    # What a text that is not a collection ends with says that no document follows.
    return text.removesuffix("...\n").encode()


def _plain(value: Value, order: dict[bytes, int]) -> Value:
    """Gives what PyYAML's safe representers take."""
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return value  # `!!binary`
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: (order.get(name, len(order)), name))
        return {_plain(name, order): _plain(value[name], order) for name in names}
    if isinstance(value, (list, tuple)):
        return [_plain(each, order) for each in value]
    if value is NONE:
        return None
    if isinstance(value, Some):
        return _plain(value.value, order)
    if isinstance(value, ErrorValue):
        fields = {"message": value.message, "kind": value.kind, "retryable": value.retryable, "details": _plain(value.details, order)}
        return {name: each for name, each in sorted(fields.items()) if each is not None}
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return int(value)
    raise DataProblem(f"{kind_of(value)} has no form in YAML")


@functools.cache
def _dumper(yaml: Any) -> Any:
    """Makes the class that writes: texts that YAML 1.1 or 1.2 would read as something else are in quotes, and aliases are not used."""

    class Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
        def ignore_aliases(self, data: object) -> bool:
            return True

    def write_text(dumper: Any, text: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)

    Dumper.add_representer(str, write_text)
    # The numbers of the core schema that YAML 1.1 does not know.
    Dumper.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^0o[0-7]+$"), list("0"))
    number = re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$")
    Dumper.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+.0123456789"))
    return Dumper
