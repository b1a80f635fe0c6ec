"""The types of fields that hold one value: text, number, flag, choice, reference."""

from collections.abc import Callable
from dataclasses import dataclass

from moonwit.registry.names import ID, full_id, listed, meant, shown
from moonwit.registry.nodes import Listing, Mapping, Scalar
from moonwit.registry.scalars import LEGACY_BOOLEANS, described, has_leading_zero, resolve
from moonwit.registry.schema import INVALID, Field, Hint, Reader, Slot

# A rule gives None for a good text, else the predicate of the sentence, with a hint where there is one.
Broken = str | tuple[str, Hint] | None
Rule = Callable[[str], Broken]


def scalar(slot: Slot, reader: Reader, wanted: str) -> tuple[Scalar, str] | None:
    """Gives the scalar of a slot with its expanded text, or None after reporting."""
    node = slot.node
    if not isinstance(node, Scalar):
        what = "a mapping" if isinstance(node, Mapping) else "a list"
        hint = None
        if isinstance(node, Listing | Mapping) and node.flow:
            hint = "put the text in quotes if it begins with `{` or `[`"
        reader.complain(slot, f"`{slot.label}` must be {wanted}, not {what}", hint)
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
            reader.complain(slot, f"`{slot.label}` must be text, not a value tagged `!!{node.tag}`", "leave the tag out")
            return INVALID
        if node.plain and not reader.substituted(node):
            if (problem := _not_text(text, self.written)) is not None:
                reader.complain(slot, f"`{slot.label}` {problem[0]}", problem[1])
                return INVALID
            if text in ("~", "null", "Null", "NULL"):
                text = ""
        if not self.empty and not text.strip():
            reader.complain(slot, f"`{slot.label}` is empty", None)
            return INVALID
        if self.rule is not None and (broken := self.rule(text)) is not None:
            sentence, hint = (broken, None) if isinstance(broken, str) else broken
            reader.complain(slot, f"`{slot.label}` {sentence}", hint)
            return INVALID
        return text


def _not_text(text: str, written: bool) -> tuple[str, str | None] | None:
    """Says why an unquoted scalar is not taken as text."""
    if text in LEGACY_BOOLEANS:
        return f"must be text, but an unquoted {shown(text)} is a boolean to many readers of YAML", f'write "{text}"'
    value = resolve(text)
    if isinstance(value, bool) or (isinstance(value, int | float) and not written):
        return f"must be text, not {described(value)}", f'write "{text}"'
    if has_leading_zero(text) and not written:
        return f"must be text, but an unquoted {shown(text)} is a number to many readers of YAML", f'write "{text}"'
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
            reader.complain(slot, f"`{slot.label}` must be a whole number, not {what}", hint)
            return INVALID
        if not self.minimum <= value <= self.maximum:
            bound = f"at least {self.minimum}" if value < self.minimum else f"at most {self.maximum}"
            reader.complain(slot, f"`{slot.label}` must be {bound}, not {value}", None)
            return INVALID
        return value


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
        reader.complain(slot, f"`{slot.label}` must be true or false, not {what}", hint)
        return INVALID


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
            sentence = f"`{slot.label}` must be {listed([shown(name) for name in self.options], 'or')}, not {what}"
            reader.complain(slot, sentence, meant(reader.near(text, self.options)))
            return INVALID
        if text in self.later_options:
            reader.later(f"{slot.label}: {text}", slot)
        return text


@dataclass(kw_only=True, eq=False, repr=False)
class Reference(Field):
    """The id of another entry, of one of some kinds; an `acyclic` one may not lead back to its own entry."""

    kinds: tuple[str, ...] = ()
    acyclic: bool = False

    def read(self, slot: Slot, reader: Reader) -> object:
        text = Text(rule=_an_id).read(slot, reader)
        return reader.refer(slot, text, self.kinds, self.acyclic) if isinstance(text, str) else INVALID


def _an_id(text: str) -> Broken:
    if ID.match(full_id(text, "n")):
        return None
    hint = "write `namespace:name`, or `name` alone for an entry of the same namespace"
    return f"must be the id of an entry, not {shown(text)}", hint
