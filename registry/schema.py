"""What a kind of entry looks like: declared by the room that runs it, read by the registry, which itself knows no kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

from moonwit.registry.nodes import Node, Scalar

if TYPE_CHECKING:
    from moonwit.registry.entries import Entry
    from moonwit.registry.problems import Problem, Severity
    from moonwit.registry.registry import Registry

Path = tuple[str | int, ...]
Json = dict[str, object]  # a JSON Schema, or a part of one
Hint = str | Callable[[], str | None] | None  # a function is asked only while there are few problems: looking for names takes long


class _Invalid:
    def __repr__(self) -> str:
        return "INVALID"


INVALID: Final = _Invalid()  # what reading gives for a value whose problem has been reported


@dataclass(slots=True, eq=False, repr=False)
class Slot:
    """Where a value stands: its node, its key if it has one, and the path to it from the entry."""

    node: Node
    key: Scalar | None
    path: Path

    @property
    def label(self) -> str:
        """Names the place for a sentence: `wasi.mounts[0].guest`."""
        return label(self.path)


def label(path: Path) -> str:
    """Writes a path as `wasi.mounts[0].guest`."""
    text = ""
    for step in path:
        name = step if isinstance(step, int) else step if len(step) <= 60 else f"{step[:60]}..."
        text += f"[{name}]" if isinstance(step, int) else f".{name}" if text else str(name)
    return text


class Reader(Protocol):
    """What a field may ask of the reader of an entry."""

    def complain(self, slot: Slot, sentence: str, hint: Hint = None, severity: Severity = "error") -> None:
        """Reports a problem with the value."""

    def complain_key(self, slot: Slot, sentence: str, hint: Hint = None, severity: Severity = "error") -> None:
        """Reports a problem with the key of the value."""

    def near(self, word: str, candidates: Iterable[str]) -> str | None:
        """Finds the candidate that was probably meant, while there are few problems."""

    def text(self, slot: Slot, node: Scalar) -> str | None:
        """Gives the expanded text of a scalar, or None after reporting its problem."""

    def substituted(self, node: Scalar) -> bool:
        """Tells whether the scalar's text came from a variable or a file."""

    def refer(self, slot: Slot, reference: str, kinds: tuple[str, ...], acyclic: bool) -> str:
        """Notes a reference to be looked up when all entries are known, and gives the full id."""

    def later(self, label: str, slot: Slot) -> None:
        """Notes that something is accepted without an effect."""


@dataclass(kw_only=True, eq=False, repr=False)
class Field:
    """A field of a kind; the subclasses say what it takes.

    Fields are compared by identity and never shown: dataclasses that can do both take three times as long to define,
    and every start pays for it.
    """

    required: bool = False
    default: object = None  # None leaves an absent field absent
    later: bool = False  # accepted and checked, but without an effect in this version: drop the marker with the effect
    summary: str = ""

    def read(self, slot: Slot, reader: Reader) -> object:
        """Gives the plain value, or INVALID after reporting what is wrong."""
        raise NotImplementedError

    def accepts(self) -> Json:
        """Gives the JSON Schema of the values that `read` takes."""
        raise NotImplementedError

    def described(self) -> Json:
        """Gives the JSON Schema of the field, with what an editor shows beside it."""
        words = ", ".join(filter(None, (self.summary, "no effect in this version" if self.later else "")))
        shown: Json = {"description": words} if words else {}
        return shown | ({} if self.default is None else {"default": self.default}) | self.accepts()

    def take(self, slot: Slot, reader: Reader) -> object:
        """Reads the value and notes whether it has an effect."""
        if self.later:
            reader.later(slot.label.split("[")[0], slot)
        return self.read(slot, reader)


Check = Callable[["Entry", "Registry"], "Iterable[Problem] | None"]


@dataclass(eq=False, repr=False)
class Kind:
    """A kind of entry: its fields and the rules between them."""

    name: str
    fields: Mapping[str, Field] | None = field(default_factory=dict)  # None takes any
    check: Check | None = None
    summary: str = ""
    later: bool = False  # entries of this kind are accepted but have no effect in this version
