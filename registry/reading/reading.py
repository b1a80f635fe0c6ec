"""Reading the entries of one file as their kinds declare them."""

from collections.abc import Iterable
from collections.abc import Mapping as Map

from moonwit.registry.document import Document
from moonwit.registry.entries import Entry, Link
from moonwit.registry.fields import Broken, Text, pattern
from moonwit.registry.names import NAME, NAMESPACE, full_id, listed, meant, nearest, shown
from moonwit.registry.nodes import Listing, Mapping, Node, Scalar, focus, seen
from moonwit.registry.problems import Problem, Problems, Severity
from moonwit.registry.reading.expansion import Expander
from moonwit.registry.record import replace
from moonwit.registry.scalars import resolve
from moonwit.registry.schema import INVALID, Field, Hint, Kind, Slot
from moonwit.registry.secrets import without_values
from moonwit.registry.shapes import Anything, read_fields

RESERVED = ("name", "kind", "meta", "data")
_TOP = ("version", "namespace", "meta", "entries")
_NAMESPACE_HINT = "use letters, digits, `_`, `-` and `.`"


@pattern(NAMESPACE.pattern)
def _is_namespace(text: str) -> Broken:
    return None if NAMESPACE.match(text) else (f"can't be {shown(text)}", _NAMESPACE_HINT)


@pattern(NAME.pattern)
def _is_name(text: str) -> Broken:
    return None if NAME.match(text) else (f"can't be {shown(text)}", _NAMESPACE_HINT)


NAMESPACE_FIELD: Field = Text(rule=_is_namespace, summary="the first part of its entries' ids: `namespace:name`")
NAME_FIELD: Field = Text(rule=_is_name, summary="the second part of the entry's id")
VERSION_FIELD: Field = Text(written=True, empty=True, summary='the version of the file: "1.0"')
KIND_FIELD: Field = Text()
META_FIELD: Field = Anything()


class Reading:
    """Reads values of one entry (or of the head of a file) and reports what is wrong with them."""

    def __init__(self, document: Document, expander: Expander, problems: Problems, namespace: str = "", entry: str | None = None) -> None:
        self.document = document
        self.expander = expander
        self.problems = problems
        self.namespace = namespace
        self.entry = entry
        self.links: list[Link] = []
        self.delayed: list[tuple[str, Slot]] = []

    def complain(self, slot: Slot, sentence: str, hint: Hint = None, severity: Severity = "error") -> None:
        """Reports a problem with a value."""
        self._add(focus(slot.node, slot.key), slot.node, sentence, hint, severity)

    def complain_key(self, slot: Slot, sentence: str, hint: Hint = None, severity: Severity = "error") -> None:
        """Reports a problem with the key of a value."""
        self._add(slot.key or slot.node, slot.node, sentence, hint, severity)

    def _add(self, at: Node, about: Node, sentence: str, hint: Hint, severity: Severity) -> None:
        if callable(hint):
            hint = None if self.problems.crowded else hint()
        sentence, hint = without_values(about, sentence), hint and without_values(about, hint)
        self.problems.add(self.document.problem(at, sentence, hint, severity, self.entry))

    def near(self, word: str, candidates: Iterable[str]) -> str | None:
        """Finds the candidate that was probably meant, while there are few problems."""
        return None if self.problems.crowded else nearest(word, candidates)

    def text(self, slot: Slot, node: Scalar) -> str | None:
        """Gives the expanded text of a scalar, or None after reporting its problem."""
        expanded = self.expander.expand(self.document, node, slot.key)
        if isinstance(expanded, Problem):
            self.problems.add(replace(expanded, entry=self.entry))
            return None
        if expanded is None:
            if self.entry is not None:  # reported where it was read first: an alias breaks this entry as well
                self.problems.broken.add(self.entry)
            return None
        return expanded.text

    def substituted(self, node: Scalar) -> bool:
        """Tells whether the scalar's text came from a variable or a file."""
        return node.expanded is not None and node.expanded.substituted

    def refer(self, slot: Slot, reference: str, kinds: tuple[str, ...], acyclic: bool) -> str:
        """Notes a reference and gives the full id."""
        target = full_id(reference, self.namespace)
        self.links.append(Link(slot.path, target, kinds, acyclic))
        return target

    def later(self, label: str, slot: Slot) -> None:
        """Notes that something is accepted without an effect."""
        self.delayed.append((label, slot))

    def warning(self) -> Problem | None:
        """Says once what of the entry has no effect in this version."""
        if not self.delayed:
            return None
        labels = list(dict.fromkeys(label for label, _ in self.delayed))
        verb = "is" if len(labels) == 1 else "are"
        has = "has" if len(labels) == 1 else "have"
        slot = self.delayed[0][1]
        sentence = f"{listed(labels)} {verb} accepted but {has} no effect in this version"
        return self.document.problem(slot.key or slot.node, sentence, None, "warning", self.entry)

    def one(self, field: Field, pair: tuple[Scalar, Node]) -> str | None:
        """Reads a text that stands on its own."""
        key, node = pair
        value = field.read(Slot(node, key, (key.text,)), self)
        return value if isinstance(value, str) else None


def read_document(document: Document, kinds: Map[str, Kind], expander: Expander, problems: Problems) -> list[Entry]:
    """Reads the entries of a file; an entry without a usable name is reported and left out."""
    root = document.root
    assert isinstance(root, Mapping)
    head = Reading(document, expander, problems)
    for key, _ in root.pairs:
        if key.text not in _TOP:
            hint = meant(head.near(key.text, _TOP)) or f"a registry file has {listed(_TOP)}"
            problems.add(document.problem(key, f"a registry file has no field {shown(key.text)}", hint))
    if (version := root.get("version")) is not None:
        head.one(VERSION_FIELD, version)
    pair = root.get("namespace")
    assert pair is not None
    namespace = head.one(NAMESPACE_FIELD, pair)
    meta = _meta(root, head)
    entries = root.get("entries")
    if entries is None or (isinstance(entries[1], Scalar) and entries[1].plain and resolve(entries[1].text) is None):
        return []
    if not isinstance(entries[1], Listing):
        hint = "write each entry as an item: `- name: ...`"
        sentence = f"`entries`: expected a list, got {seen(entries[1])}"
        problems.add(document.problem(focus(entries[1], entries[0]), sentence, hint))
        return []
    read = [_entry(document, node, namespace, meta, kinds, expander, problems) for node in entries[1].items]
    return [entry for entry in read if entry is not None]


def _meta(node: Mapping, reading: Reading) -> dict[str, object]:
    """Reads the `meta` of a file or an entry."""
    pair = node.get("meta")
    if pair is None or (isinstance(pair[1], Scalar) and pair[1].plain and resolve(pair[1].text) is None):
        return {}
    slot = Slot(pair[1], pair[0], ("meta",))
    if not isinstance(pair[1], Mapping):
        reading.complain(slot, f"`meta`: expected a mapping, got {seen(pair[1])}", "write `name: value` in lines below it")
        return {}
    value = META_FIELD.read(slot, reading)
    assert isinstance(value, dict)
    return value


def _entry(
    document: Document,
    node: Node,
    namespace: str | None,
    defaults: dict[str, object],
    kinds: Map[str, Kind],
    expander: Expander,
    problems: Problems,
) -> Entry | None:
    """Reads one entry."""
    if not isinstance(node, Mapping):
        problems.add(
            document.problem(node, f"expected a mapping as the entry, got {seen(node)}", "write `- name: ...` with its fields below")
        )
        return None
    reading = Reading(document, expander, problems, namespace or "")
    name_pair, kind_pair = node.get("name"), node.get("kind")
    name = reading.one(NAME_FIELD, name_pair) if name_pair is not None else None
    if name is not None and namespace is not None:
        reading.entry = f"{namespace}:{name}"
    for flaw in document.flaws_in(node):
        problems.add(replace(flaw, entry=reading.entry))
    at = Slot(name_pair[1] if name_pair is not None else node, None, ())
    if name_pair is None:
        reading.complain_key(at, "an entry needs a `name`" + " and a `kind`" * (kind_pair is None))
    elif kind_pair is None:
        reading.complain_key(at, "an entry needs a `kind`")
    meta = {**defaults, **_meta(node, reading)}
    pairs = _pairs(node, reading)
    kind = _kind(kind_pair, kinds, reading) if kind_pair is not None else None
    fields: dict[str, object] = {}
    if kind is not None and kind.fields is None:
        for key, value in pairs.values():
            read = META_FIELD.read(Slot(value, key, (key.text,)), reading)
            if read is not INVALID:
                fields[key.text] = read
    elif kind is not None and kind.fields is not None:
        fields = read_fields(list(pairs.values()), kind.fields, at, reading, f"`{kind.name}`", RESERVED)
    if name is None or reading.entry is None:
        return None
    for own in (name_pair, kind_pair, node.get("meta")):
        if own is not None:
            pairs[own[0].text] = own
    kind_name = kind.name if kind is not None else ""
    links = tuple(reading.links)
    return Entry(reading.entry, namespace or "", name, kind_name, meta, fields, document, links, pairs, node, reading.warning())


def _kind(pair: tuple[Scalar, Node], kinds: Map[str, Kind], reading: Reading) -> Kind | None:
    """Finds the declared kind."""
    name = reading.one(KIND_FIELD, pair)
    if name is None:
        return None
    kind = kinds.get(name)
    if kind is None:
        hint = meant(reading.near(name, kinds)) or f"the kinds are {listed(known.name for known in kinds.values() if not known.later)}"
        reading.complain(Slot(pair[1], pair[0], ("kind",)), f"there is no kind {shown(name)}", hint)
    return kind


def _pairs(node: Mapping, reading: Reading) -> dict[str, tuple[Scalar, Node]]:
    """Collects the nodes of the kind's fields, which stand beside `name` and `kind` or under `data`."""
    pairs = {key.text: (key, value) for key, value in node.pairs if key.text not in RESERVED}
    data = node.get("data")
    if data is None:
        return pairs
    if not isinstance(data[1], Mapping):
        if not (isinstance(data[1], Scalar) and data[1].plain and resolve(data[1].text) is None):
            reading.complain(
                Slot(data[1], data[0], ("data",)), f"`data`: expected a mapping of the entry's fields, got {seen(data[1])}", None
            )
        return pairs
    for key, value in data[1].pairs:
        slot = Slot(value, key, ("data", key.text))
        if key.text in RESERVED:
            reading.complain_key(slot, f"`{key.text}` stands beside `data`, not in it", f"move `{key.text}` out of `data`")
        elif key.text in pairs:
            line = pairs[key.text][0].line
            reading.complain_key(slot, f"{shown(key.text)} is already there beside `data`, in line {line}", "keep one of them")
        else:
            pairs[key.text] = (key, value)
    return pairs
