"""The types of fields that hold several values: list, table, group, and data of any shape."""

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass
from dataclasses import field as member

from moonwit.registry.fields import Rule, any_of, texts
from moonwit.registry.names import listed, meant, shown
from moonwit.registry.nodes import Listing, Mapping, Node, Scalar, seen
from moonwit.registry.problems import Severity
from moonwit.registry.scalars import LEGACY_BOOLEANS, resolve
from moonwit.registry.schema import INVALID, Field, Json, Path, Reader, Slot


def _absent(node: Node) -> bool:
    """Tells whether nothing is written: `imports:` with all its items commented out is an empty list."""
    return isinstance(node, Scalar) and node.plain and resolve(node.text) is None


@dataclass(kw_only=True, eq=False, repr=False)
class Items(Field):
    """A list of values of one type; `unique` gives what may be there only once, or None."""

    of: Field = member(default_factory=Field)
    unique: Callable[[object], str | None] | None = None

    def read(self, slot: Slot, reader: Reader) -> object:
        if _absent(slot.node):
            return []
        if not isinstance(slot.node, Listing):
            hint = f"write [{slot.node.text}]" if isinstance(slot.node, Scalar) and slot.node.text and len(slot.node.text) < 60 else None
            reader.complain(slot, f"`{slot.label}`: expected a list, got {seen(slot.node)}", hint)
            return INVALID
        values: list[object] = []
        first: dict[str, int] = {}
        for index, node in enumerate(slot.node.items):
            place = Slot(node, None, (*slot.path, index))
            value = self.of.take(place, reader)
            if value is INVALID:
                continue
            if self.unique is not None and (what := self.unique(value)) is not None:
                if what in first:
                    reader.complain(place, f"`{place.label}` repeats {shown(what)} of `{slot.label}[{first[what]}]`", "keep one of them")
                    continue
                first[what] = index
            values.append(value)
        return values

    def accepts(self) -> Json:
        unique: Json = {"uniqueItems": True} if self.unique is not None else {}
        return {"type": ["array", "null"], "items": self.of.described(), **unique}


@dataclass(kw_only=True, eq=False, repr=False)
class Table(Field):
    """A mapping from names that the user chooses to values of one type."""

    of: Field = member(default_factory=Field)
    key_rule: Rule | None = None

    def read(self, slot: Slot, reader: Reader) -> object:
        if not isinstance(slot.node, Mapping):
            if _absent(slot.node):
                return {}
            reader.complain(slot, f"`{slot.label}`: expected a mapping, got {seen(slot.node)}", "write `name: value` in lines below it")
            return INVALID
        values: dict[str, object] = {}
        for key, node in slot.node.pairs:
            place = Slot(node, key, (*slot.path, key.text))
            name = key_name(place, key, reader)
            if name is None:
                continue
            if self.key_rule is not None and (broken := self.key_rule(name)) is not None:
                sentence, hint = (broken, None) if isinstance(broken, str) else broken
                reader.complain_key(place, f"the name {shown(name)} in `{slot.label}` {sentence}", hint)
                continue
            value = self.of.take(place, reader)
            if value is not INVALID:
                values[name] = value
        return values

    def accepts(self) -> Json:
        names: Json = {} if self.key_rule is None else {"propertyNames": any_of(*texts(self.key_rule))}
        return {"type": ["object", "null"], **names, "additionalProperties": self.of.described()}


def key_name(slot: Slot, key: Scalar, reader: Reader, legacy: Severity = "error") -> str | None:
    """Gives the name a key stands for; an unquoted `no` or `null` may have been meant as something else."""
    hint = f'write "{key.text}"' if key.text else None
    if key.plain and isinstance(resolve(key.text), bool | None):
        reader.complain_key(slot, f"{f'the key {shown(key.text)}' if key.text else 'an empty key'} is not text", hint)
        return None
    if key.plain and key.text in LEGACY_BOOLEANS:
        reader.complain_key(slot, f"the unquoted key {shown(key.text)} is a boolean to many readers of YAML", hint, legacy)
        return key.text if legacy == "warning" else None
    return key.text


@dataclass(kw_only=True, eq=False, repr=False)
class Group(Field):
    """A mapping with declared fields."""

    fields: Map[str, Field] = member(default_factory=dict)

    def read(self, slot: Slot, reader: Reader) -> object:
        if _absent(slot.node):
            return read_fields([], self.fields, slot, reader, f"`{slot.label}`")
        if not isinstance(slot.node, Mapping):
            hint = f"its fields are {listed(self.fields)}"
            reader.complain(slot, f"`{slot.label}`: expected a mapping, got {seen(slot.node)}", hint)
            return INVALID
        return read_fields(slot.node.pairs, self.fields, slot, reader, f"`{slot.label}`")

    def accepts(self) -> Json:
        required = [name for name, declared in self.fields.items() if declared.required]
        return {
            "type": "object" if required else ["object", "null"],
            "properties": {name: declared.described() for name, declared in self.fields.items()},
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }


def read_fields(
    pairs: Sequence[tuple[Scalar, Node]], fields: Map[str, Field], at: Slot, reader: Reader, whose: str, also: Iterable[str] = ()
) -> dict[str, object]:
    """Reads the pairs of a mapping as declared; `also` names what may be meant by a mistyped key besides the fields."""
    values: dict[str, object] = {}
    present: set[str] = set()
    for key, node in pairs:
        path: Path = (*at.path, key.text)
        slot = Slot(node, key, path)
        declared = fields.get(key.text)
        if declared is None:
            near = reader.near(key.text, [*fields, *also])
            if near is not None:
                present.add(near)  # one mistake, one problem: it is not missing as well
            reader.complain_key(slot, f"{whose} has no field {shown(key.text)}", meant(near) or f"its fields are {listed(fields)}")
            continue
        present.add(key.text)
        value = declared.take(slot, reader)
        if value is not INVALID:
            values[key.text] = value
    missing = [name for name, declared in fields.items() if declared.required and name not in present]
    if missing:
        names = listed([f"`{name}`" for name in missing])
        advice = fields[missing[0]].summary if len(missing) == 1 else ""
        reader.complain_key(at, f"{whose} needs the field{'s' * (len(missing) > 1)} {names}", advice or None)
    for name, declared in fields.items():
        if declared.default is not None:
            values.setdefault(name, declared.default)
    return values


@dataclass(kw_only=True, eq=False, repr=False)
class Anything(Field):
    """Data of any shape, as JSON knows it."""

    def read(self, slot: Slot, reader: Reader) -> object:
        node = slot.node
        if isinstance(node, Listing):
            items = [self.read(Slot(item, None, (*slot.path, index)), reader) for index, item in enumerate(node.items)]
            return [item for item in items if item is not INVALID]
        if isinstance(node, Mapping):
            values: dict[str, object] = {}
            for key, value in node.pairs:
                place = Slot(value, key, (*slot.path, key.text))
                if key_name(place, key, reader, "warning") is not None and (read := self.read(place, reader)) is not INVALID:
                    values[key.text] = read
            return values
        assert isinstance(node, Scalar)
        text = reader.text(slot, node)
        if text is None:
            return INVALID
        if node.tag not in (None, "str"):
            return _tagged(slot, node.tag, text, reader)
        if not node.plain:
            return text
        if text in LEGACY_BOOLEANS and not reader.substituted(node):
            sentence = f"an unquoted {shown(text)} is text here, but a boolean to many readers of YAML"
            reader.complain(slot, sentence, f'write "{text}" or {str(LEGACY_BOOLEANS[text]).lower()}', "warning")
        return text if len(text) > 100 else resolve(text)

    def accepts(self) -> Json:
        return {}


def _tagged(slot: Slot, tag: str | None, text: str, reader: Reader) -> object:
    """Reads a scalar with an explicit tag."""
    value = resolve(text.strip())
    if (
        (tag == "null" and value is None)
        or (tag == "bool" and isinstance(value, bool))
        or (tag == "int" and isinstance(value, int) and not isinstance(value, bool))
    ):
        return value
    if tag == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    reader.complain(slot, f"{shown(text)} is not what its tag `!!{tag}` says", "leave the tag out")
    return INVALID
