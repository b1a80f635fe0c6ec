"""The types of fields that hold one value: text, number, flag, choice, reference."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from moonwit.registry.names import ID, NAMESPACE, full_id, listed, meant, shown
from moonwit.registry.nodes import Listing, Mapping, Scalar, seen
from moonwit.registry.scalars import LEGACY_BOOLEANS, described, has_leading_zero, resolve
from moonwit.registry.schema import INVALID, Field, Hint, Json, Reader, Slot

# A rule gives None for a good text, else the predicate of the sentence, with a hint where there is one.
Broken = str | tuple[str, Hint] | None
Rule = Callable[[str], Broken]

_Rule = TypeVar("_Rule", bound=Callable[..., object])
# The reference that takes the place of a text which is replaced when loading: what will stand there can't be known.
REPLACED: Json = {"$ref": "#/definitions/replaced"}


def pattern(whole: str, words: Iterable[str] = ()) -> Callable[[_Rule], _Rule]:
    r"""Notes on a rule the texts it takes, as far as an editor can tell: a pattern of the whole text, and words besides.

    The pattern is read by JavaScript as well as by Python, which differ in `\Z`.
    """

    def note(rule: _Rule) -> _Rule:
        vars(rule)["pattern"] = (whole.replace(r"\Z", "$"), tuple(words))
        return rule

    return note


def texts(rule: Rule | None, empty: bool = True) -> list[Json]:
    """Gives the JSON Schemas of texts that a rule takes, any of which may hold."""
    noted: tuple[str, tuple[str, ...]] | None = getattr(rule, "pattern", None)
    if noted is None:
        return [{"type": "string"} if empty else {"type": "string", "pattern": r"\S"}]
    whole, words = noted
    blank = not empty and any(re.fullmatch(whole, text) for text in ("", " "))
    start = r"^(?=[\s\S]*\S)" if blank else "^"
    own: Json = {"type": "string", "pattern": f"{start}(?:{whole})$"}
    return [{"enum": list(words)}, own] if words else [own]


def any_of(*schemas: Json) -> Json:
    """Gives a JSON Schema that holds where one of some holds."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}


def _of(slot: Slot, sentence: str) -> str:
    """Puts a field's name before what is wrong with it: "is ..." or "expected ..., got ..."."""
    return f"`{slot.label}`{':' if sentence.startswith('expected ') else ''} {sentence}"


def scalar(slot: Slot, reader: Reader, wanted: str) -> tuple[Scalar, str] | None:
    """Gives the scalar of a slot with its expanded text, or None after reporting."""
    node = slot.node
    if not isinstance(node, Scalar):
        hint = None
        if isinstance(node, Listing | Mapping) and node.flow:
            hint = "put the text in quotes if it begins with `{` or `[`"
        reader.complain(slot, f"`{slot.label}`: expected {wanted}, got {seen(node)}", hint)
        return None
    text = reader.text(slot, node)
    return None if text is None else (node, text)


@dataclass(kw_only=True, eq=False, repr=False)
class Text(Field):
    """Text; an unquoted number or boolean is a problem unless `written` takes it as it stands."""

    rule: Rule | None = None
    empty: bool = False
    written: bool = False

    def read(self, slot: Slot, reader: Reader) -> object:
        if (found := scalar(slot, reader, "text")) is None:
            return INVALID
        node, text = found
        if node.tag not in (None, "str"):
            reader.complain(slot, f"`{slot.label}`: expected text, got a value tagged `!!{node.tag}`", "leave the tag out")
            return INVALID
        if node.plain and not reader.substituted(node):
            if (problem := _not_text(text, self.written)) is not None:
                reader.complain(slot, _of(slot, problem[0]), problem[1])
                return INVALID
            if text in ("~", "null", "Null", "NULL"):
                text = ""
        if not self.empty and not text.strip():
            reader.complain(slot, f"`{slot.label}` is empty", None)
            return INVALID
        if self.rule is not None and (broken := self.rule(text)) is not None:
            sentence, hint = (broken, None) if isinstance(broken, str) else broken
            reader.complain(slot, _of(slot, sentence), hint)
            return INVALID
        return text

    def accepts(self) -> Json:
        own = texts(self.rule, self.empty)
        noted = getattr(self.rule, "pattern", None)
        # Numbers are taken as they are written, where digits alone would be.
        if self.written and (noted is None or any(re.fullmatch(noted[0], digits) for digits in ("1", "111"))):
            own.append({"type": "number"})
        if self.empty:
            own.append({"type": "null"})
        return any_of(*own) if noted is None else any_of(*own, REPLACED)


def _not_text(text: str, written: bool) -> tuple[str, str | None] | None:
    """Says why an unquoted scalar is not taken as text."""
    if text in LEGACY_BOOLEANS:
        return f"expected text, got {shown(text)}, which is a boolean to many readers of YAML", f'write "{text}"'
    value = resolve(text)
    if isinstance(value, bool) or (isinstance(value, int | float) and not written):
        return f"expected text, got {described(value)}", f'write "{text}"'
    if has_leading_zero(text) and not written:
        return f"expected text, got {shown(text)}, which is a number to many readers of YAML", f'write "{text}"'
    return None


@dataclass(kw_only=True, eq=False, repr=False)
class Integer(Field):
    """A whole number within bounds."""

    minimum: int = 0
    maximum: int = 2**53

    def read(self, slot: Slot, reader: Reader) -> object:
        if (found := scalar(slot, reader, "a whole number")) is None:
            return INVALID
        node, text = found
        value = resolve(text.strip()) if node.plain or node.tag == "int" or reader.substituted(node) else text
        if isinstance(value, bool) or not isinstance(value, int):
            hint = None
            if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
                hint = f"write {round(value)}"
            elif isinstance(value, str) and has_leading_zero(text):
                hint = f"write {text.replace('_', '').lstrip('+-0') or '0'}, as leading zeros mean octal to some readers"
            elif isinstance(value, str) and not node.plain and isinstance(resolve(text), int) and text:
                hint = f"write {text} without quotes"
            what = "nothing" if value is None else shown(text) if isinstance(value, str | float) else described(value)
            reader.complain(slot, f"`{slot.label}`: expected a whole number, got {what}", hint)
            return INVALID
        if not self.minimum <= value <= self.maximum:
            bound = f"at least {self.minimum}" if value < self.minimum else f"at most {self.maximum}"
            reader.complain(slot, f"`{slot.label}`: expected {bound}, got {value}", None)
            return INVALID
        return value

    def accepts(self) -> Json:
        # What YAML itself reads as text: underscores between digits, and binary numbers.
        written = r"^[-+]?(?:[1-9][0-9]*_[0-9_]*|0x[0-9A-Fa-f]*_[0-9A-Fa-f_]*|0b[01_]+)$"
        number: Json = {"type": "integer", "minimum": self.minimum, "maximum": self.maximum}
        return any_of(number, {"type": "string", "pattern": written}, REPLACED)


@dataclass(kw_only=True, eq=False, repr=False)
class Flag(Field):
    """True or false; `yes`, `no`, `on` and `off` are taken too, as no other meaning is possible here."""

    def read(self, slot: Slot, reader: Reader) -> object:
        if (found := scalar(slot, reader, "true or false")) is None:
            return INVALID
        node, text = found
        if node.plain or node.tag == "bool" or reader.substituted(node):
            value = resolve(text.strip())
            if isinstance(value, bool):
                return value
            if text.strip() in LEGACY_BOOLEANS:
                return LEGACY_BOOLEANS[text.strip()]
        hint = f"write {text} without quotes" if not node.plain and text in ("true", "false") else None
        what = shown(text) if text.strip() else "nothing"
        reader.complain(slot, f"`{slot.label}`: expected true or false, got {what}", hint)
        return INVALID

    def accepts(self) -> Json:
        # A pattern, as an editor would offer the words of an `enum`.
        legacy = rf"^(?:{'|'.join(LEGACY_BOOLEANS)})$"
        return any_of({"type": "boolean"}, {"type": "string", "pattern": legacy}, REPLACED)


@dataclass(kw_only=True, eq=False, repr=False)
class Choice(Field):
    """One of a few words; those in `later_options` have no effect in this version."""

    options: tuple[str, ...] = ()
    later_options: frozenset[str] = frozenset()

    def read(self, slot: Slot, reader: Reader) -> object:
        if (found := scalar(slot, reader, f"one of {listed(self.options, 'or')}")) is None:
            return INVALID
        _, text = found
        if text not in self.options:
            what = shown(text) if text.strip() else "nothing"
            sentence = f"`{slot.label}`: expected {listed([shown(name) for name in self.options], 'or')}, got {what}"
            reader.complain(slot, sentence, meant(reader.near(text, self.options)))
            return INVALID
        if text in self.later_options:
            reader.later(f"{slot.label}: {text}", slot)
        return text

    def accepts(self) -> Json:
        return any_of({"enum": list(self.options)}, REPLACED)


@dataclass(kw_only=True, eq=False, repr=False)
class Reference(Field):
    """The id of another entry, of one of some kinds; an `acyclic` one may not lead back to its own entry.

    With `part` it may go on with `#` and the name of something that the entry stands for, which stays in the value.
    """

    kinds: tuple[str, ...] = ()
    acyclic: bool = False
    part: bool = False

    def read(self, slot: Slot, reader: Reader) -> object:
        text = Text(rule=_a_part if self.part else _an_id).read(slot, reader)
        if not isinstance(text, str):
            return INVALID
        id, sign, name = text.partition("#")
        return reader.refer(slot, id, self.kinds, self.acyclic) + sign + name

    def accepts(self) -> Json:
        return Text(rule=_a_part if self.part else _an_id).accepts()

    def described(self) -> Json:
        own = super().described()
        return own if "description" in own or not self.kinds else {"description": f"the id of an entry: {listed(self.kinds, 'or')}", **own}


_PART = NAMESPACE.pattern.removesuffix(r"\Z")


@pattern(f"(?:{_PART}:)?{_PART}")
def _an_id(text: str) -> Broken:
    if ID.match(full_id(text, "n")):
        return None
    hint = "write `namespace:name`, or `name` alone for an entry of the same namespace"
    return f"expected the id of an entry, got {shown(text)}", hint


@pattern(f"(?:{_PART}:)?{_PART}(?:#.+)?")
def _a_part(text: str) -> Broken:
    id, sign, name = text.partition("#")
    if sign and not name.strip():
        return f"names nothing behind `#`, as {shown(text)}", "write `name#function`"
    return _an_id(id)
