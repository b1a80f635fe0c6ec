"""Which entries share instances: those of one binary that defines resources, when their `imports` and `wasi` say the same.

A handle works only in the instance where it was made, and is to be passed from one entry to another; so this decides to which
ones it can be, and says of the others what they differ in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from moonwit.host.wasi import grants as wasi
from moonwit.registry.record import record

if TYPE_CHECKING:
    from moonwit.host.functions.loaded import LoadedFunction


@record
class Says:
    """What an entry says that its instances depend on: they are shared where it is equal.

    ``wit`` is what a core module's entry declares; a component has its types in itself. ``imports`` are the interfaces that are granted,
    whatever they are written as.
    """

    binary: str
    wit: str
    imports: tuple[str, ...]
    wasi: tuple[tuple[str, str], ...]
    transport: str
    stack: str

    @property
    def key(self) -> str:
        """Names the entries that share instances."""
        return "|".join((self.binary, self.wit, ",".join(self.imports), repr(self.wasi), self.transport, self.stack))


def says(function: LoadedFunction) -> Says:
    """Gives what the entry of a function says."""
    written = function.wit if not function.is_component else None
    return Says(
        binary=function.sha256,
        wit=written or "",
        imports=tuple(sorted([*wasi.granted(function.grants), *answered(function)])),
        wasi=_world(function.wasi),
        # One that answers requests is given the types of requests too.
        transport=function.transport if function.transport != "payload" else "",
        stack=str(function.max_stack_bytes or ""),
    )


def answered(function: LoadedFunction) -> list[str]:
    """Names the imports that other entries answer, with their ids."""
    return [f"{answer.interface or answer.name}: {answer.id}{answer.linked}" for answer in function.answers]


def difference(made: Says, called: Says, maker: str, id: str) -> str:
    """Says why a handle of one entry's instances can't be passed to another entry, as the end of a sentence about the handle.

    ``maker`` names the entry that made the instance, and ``id`` the other one, of all that say the same.
    """
    if made.binary != called.binary:
        return f"belongs to an instance of {maker}, which is of another binary"
    ours, theirs = dict(made.wasi), dict(called.wasi)
    unlike = [f"`wasi.{name}`" for name in sorted(ours.keys() | theirs.keys()) if ours.get(name) != theirs.get(name)]
    names = {"wit": "`wit`", "transport": "`transport`", "stack": "`limits.max_stack_bytes`"}
    unlike += [text for name, text in names.items() if getattr(made, name) != getattr(called, name)]
    if made.imports != called.imports and made.transport == called.transport:
        other = sorted(set(made.imports) ^ set(called.imports))
        unlike.insert(0, f"`imports` ({', '.join(other[:4])}{', ...' if len(other) > 4 else ''})")
    if not unlike:
        return f"belongs to an instance of {maker} from before the project was read again"
    same = "entries share instances where these are the same"
    return f"belongs to an instance of {maker}, which differs from {id} in {_listed(unlike)}; {same}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _world(given: Mapping[str, object]) -> tuple[tuple[str, str], ...]:
    """Gives the fields of a `wasi:` that say anything, each as text, equal where they mean the same."""
    return tuple(sorted((name, _text(_plain(value))) for name, value in given.items() if value))


def _text(value: object) -> str:
    # Imported when first needed: most functions are given nothing.
    import json

    return json.dumps(value, sort_keys=True, default=str)


def _plain(value: object) -> object:
    """Leaves out what is not set, and the order of what has none."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item}
    if isinstance(value, list):
        items = [_plain(item) for item in value]
        has_order = not any(isinstance(item, dict) for item in items)
        return items if has_order else sorted(items, key=_text)
    return value
