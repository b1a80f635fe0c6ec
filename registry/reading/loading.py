"""Loading a project: files to documents to entries, then what can only be known when all entries are there."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from moonwit.registry import nodes
from moonwit.registry.composer import compose
from moonwit.registry.document import Document, plausible
from moonwit.registry.entries import Entry, Link
from moonwit.registry.files import Unreadable, decode, read_bytes, read_head
from moonwit.registry.names import ID, listed, meant, nearest, shown
from moonwit.registry.nodes import Node
from moonwit.registry.problems import Problem, Problems, Severity, shorten
from moonwit.registry.reading.expansion import Expander
from moonwit.registry.reading.project import HEAD, INDEXES, SETTINGS, yaml_files
from moonwit.registry.reading.reading import read_document
from moonwit.registry.reading.settings import read_settings
from moonwit.registry.registry import Registry
from moonwit.registry.schema import Kind, label

MAX_TOTAL = 64 * 1024 * 1024  # bytes of YAML in a project


def load(
    root: Path, kinds: Sequence[Kind], environ: Mapping[str, str] | None = None, more: Mapping[str, str] | None = None
) -> Registry:
    """Loads a project. Whatever its files hold becomes entries and problems, never an exception.

    ``more`` are the kinds of entries that no file needs to declare, by ids. Raises ValueError where one is not an id, or is declared with
    another kind.
    """
    problems = Problems()
    try:
        root = Path(os.path.realpath(root))
    except OSError:  # a relative path, and the working directory has been deleted
        problems.add(Problem(root, 0, 0, "the project folder can't be found: the working directory does not exist any more"))
        return Registry(root, {}, {}, problems)
    by_name = {kind.name: kind for kind in kinds}
    if len(by_name) != len(kinds):
        raise ValueError("a kind is declared twice")
    expander = Expander(root, os.environ if environ is None else environ)
    entries: dict[str, Entry] = {}
    settings: dict[str, object] = {}
    if not root.is_dir():
        problems.add(Problem(root, 0, 0, "there is no such project folder"))
    else:
        settings = read_settings(root / SETTINGS, expander, problems)
        for document in _documents(root, by_name, problems):
            if document.root is not None:
                for entry in read_document(document, by_name, expander, problems):
                    _enter(entry, entries, root, problems)
            for flaw in document.flaws:
                problems.add(flaw)
    for id, name in (more or {}).items():
        _add(id, name, entries, root)
    registry = Registry(root, settings, entries, problems)
    _warn_of_later_kinds(registry, by_name, problems)
    _follow_links(registry, by_name, problems)
    _find_cycles(entries, problems)
    for entry in entries.values():
        kind = by_name.get(entry.kind)
        if kind is not None and kind.check is not None and entry.id not in problems.broken:
            for problem in kind.check(entry, registry) or ():
                problems.add(problem)
        if entry.warning is not None and entry.id not in problems.broken:
            problems.add(entry.warning)
    problems.sort()
    return registry


def _documents(root: Path, kinds: Mapping[str, Kind], problems: Problems) -> Iterator[Document]:
    """Gives the files that are the registry's: those with a `namespace`, also when they can't be parsed; the others are left alone."""
    left = MAX_TOTAL
    for path in yaml_files(root, problems):
        index = path.name in INDEXES
        try:
            data = read_bytes(path)
            left -= len(data)
            if left < 0:
                sentence = f"the YAML files up to here hold more than {MAX_TOTAL >> 20} MiB, and the rest is not read"
                problems.add(Problem(path, 0, 0, sentence, "keep the registry in a folder `src` of its own"))
                return
            text = decode(data)
        except Unreadable as error:
            _refuse(path, index, error, problems)
            continue
        own = Problems()
        document = compose(path, text, own)
        has_namespace = isinstance(document.root, nodes.Mapping) and document.root.get("namespace") is not None
        if not has_namespace and (found := _entries_of(document, kinds, index)) is not None:
            problems.add(_without_namespace(document, found, "error" if index else "warning"))
        if has_namespace or (document.root is None and (index or plausible(text))):
            own.sort()
            document.flaws = own.found
            yield document


def _entries_of(document: Document, kinds: Mapping[str, Kind], index: bool) -> nodes.Node | None:
    """Gives the key `entries` of a file, or its list, if it is the registry's although it has no namespace.

    An index with entries can be nothing else; of another file an entry must say a kind that is known.
    """
    root = document.root
    entries = root.get("entries") if isinstance(root, nodes.Mapping) else None
    items = root if entries is None else entries[1]
    listed = items.items if isinstance(items, nodes.Listing) else []
    found = (item.get("kind") for item in listed if isinstance(item, nodes.Mapping))
    said = [pair[1].text for pair in found if pair is not None and isinstance(pair[1], nodes.Scalar)]
    if (said if index else any(kind in kinds for kind in said)) or (index and entries is not None):
        return root if entries is None else entries[0]
    return None


def _without_namespace(document: Document, at: nodes.Node, severity: Severity) -> Problem:
    keys = [key.text for key, _ in document.root.pairs] if isinstance(document.root, nodes.Mapping) else []
    hint = next((f"did you mean `namespace` by {shown(key)}?" for key in keys if nearest(key, ["namespace"])), None)
    if not keys:
        hint = "write `namespace: name`, and the list below `entries:`"
    sentence = "these entries are left alone: the file has no `namespace`"
    return document.problem(at, sentence, hint or "write `namespace: name` above them", severity)


def _refuse(path: Path, index: bool, error: Unreadable, problems: Problems) -> None:
    """Reports a file that can't be read: an error if it is the registry's, as far as its first bytes tell."""
    try:
        ours = index or plausible(read_head(path, HEAD))
    except Unreadable:
        ours = index
    if ours:
        problems.add(Problem(path, 0, 0, f"the file {error.why}", error.hint))
    elif not error.not_text:  # what was looked at and is something else needs no word
        problems.add(Problem(path, 0, 0, f"the file {error.why}, and is left alone", error.hint, "warning"))


def _add(id: str, kind: str, entries: dict[str, Entry], root: Path) -> None:
    """Adds an entry that no file declares."""
    if not ID.match(id):
        raise ValueError(f"expected an id, `namespace:name`, got {shown(id)}")
    if id not in entries:
        namespace, _, name = id.partition(":")
        entries[id] = Entry(id, namespace, name, kind, {}, {}, Document(root / SETTINGS, ""), node=Node(1, 1, 1, 1, None))
    elif entries[id].kind != kind:
        raise ValueError(f"the entry {shown(id)} is declared, of kind `{entries[id].kind}`")


def _enter(entry: Entry, entries: dict[str, Entry], root: Path, problems: Problems) -> None:
    """Enters an entry under its id; the first of two stays, but is broken: which one was meant can't be known."""
    first = entries.get(entry.id)
    if first is None:
        entries[entry.id] = entry
        return
    at = first.problem((), "")
    place = f"{shorten(first.file, root)}:{at.line}:{at.column}"
    problems.add(entry.problem((), f"the entry {shown(entry.id)} is already declared at {place}", "rename one of them"))


def _warn_of_later_kinds(registry: Registry, kinds: Mapping[str, Kind], problems: Problems) -> None:
    """Says once for each kind that its entries have no effect in this version."""
    told: set[str] = set()
    for entry in registry.entries.values():
        kind = kinds.get(entry.kind)
        if kind is not None and kind.later and kind.name not in told:
            told.add(kind.name)
            problems.add(entry.problem(("kind",), f"entries of kind {kind.name} have no effect in this version", severity="warning"))


def _follow_links(registry: Registry, kinds: Mapping[str, Kind], problems: Problems) -> None:
    """Reports references to nothing and to entries of the wrong kind."""
    for entry in registry.entries.values():
        for link in entry.links:
            target = registry.entries.get(link.target)
            if target is None:
                hint = None if problems.crowded else meant(registry.nearest(link.target))
                sentence = f"`{label(link.path)}` refers to {shown(link.target)}, which is declared nowhere"
                problems.add(entry.problem(link.path, sentence, hint))
            elif link.kinds and target.kind not in link.kinds and target.kind in kinds:
                wanted = listed([f"`{kind}`" for kind in link.kinds], "or")
                sentence = f"`{label(link.path)}` refers to {shown(link.target)}, which is of kind `{target.kind}`, not {wanted}"
                problems.add(entry.problem(link.path, sentence))


def _find_cycles(entries: Mapping[str, Entry], problems: Problems) -> None:
    """Reports each loop of references that must not form one, at the reference that closes it; without recursion."""
    done: set[str] = set()
    for start in entries:
        if start in done:
            continue
        trail: list[tuple[str, Iterator[Link]]] = [(start, _acyclic(entries[start]))]
        depth = {start: 0}
        while trail:
            here, links = trail[-1]
            link = next(links, None)
            if link is None:
                done.add(here)
                del depth[here]
                trail.pop()
            elif link.target in depth:
                loop = [step for step, _ in trail[depth[link.target] :]] + [link.target]
                shown_loop = loop if len(loop) < 8 else [*loop[:6], "...", loop[-1]]
                sentence = f"`{label(link.path)}` closes a circle: {' -> '.join(shown_loop)}"
                problems.add(entries[here].problem(link.path, sentence, "move what both need into an entry of its own"))
            elif link.target in entries and link.target not in done:
                depth[link.target] = len(trail)
                trail.append((link.target, _acyclic(entries[link.target])))


def _acyclic(entry: Entry) -> Iterator[Link]:
    return (link for link in entry.links if link.acyclic)
