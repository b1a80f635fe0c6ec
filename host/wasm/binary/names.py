"""Names of imports and exports: their grammar, their attributes, and which of them count as the same.

Source: the component model's Explainer.md, "Import and Export Definitions".
"""

from __future__ import annotations

import re
from typing import NamedTuple

from moonwit.host.wasm.binary.reader import Reader

LONGEST = 1000
# A word matches in one way only: with two, a long name that is wrong at its end would take forever.
_LABEL = r"([a-z][a-z0-9]*|[A-Z][A-Z0-9]*)(-([0-9]*[a-z][a-z0-9]*|[0-9]*[A-Z][A-Z0-9]*|[0-9]+))*"
_WORDS = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_NUMBER = r"(0|[1-9][0-9]*)"
_PRERELEASE = r"(0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_SEMVER = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(-{_PRERELEASE}(\.{_PRERELEASE})*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?"
_SHORT_VERSION = r"([1-9][0-9]*|0\.[1-9][0-9]*|0\.0\.[1-9][0-9]*|0\.0\.0)"
LABEL = re.compile(rf"{_LABEL}\Z")
_ANNOTATED = re.compile(rf"\[(async )?(constructor|method|static)\]({_LABEL})(\.{_LABEL})?\Z|\[async\]{_LABEL}\Z")
_INTERFACE = re.compile(rf"{_WORDS}:{_WORDS}/{_LABEL}(@({_SEMVER}|{_SHORT_VERSION}))?\Z")
_VERSION = re.compile(rf"{_SEMVER}\Z")
_ATTRIBUTES = ("implements", "versionsuffix", "external-id")


class ExternName(NamedTuple):
    """The name of an import or export; ``implements`` tells whether it says which interface its instance implements."""

    name: str
    implements: bool
    offset: int


class Annotation(NamedTuple):
    """What a name like ``[method]r.f`` says: ``kind`` is constructor, method or static."""

    kind: str
    resource: str


def label(reader: Reader) -> str:
    """Reads the name of a field, case, flag or parameter: words of letters and digits joined by hyphens."""
    at, name = reader.position, reader.name()
    known = reader.labels.get(name)
    if known is not None:
        return known
    if len(name) > LONGEST or LABEL.match(name) is None:
        raise reader.error(f"{name[:80]!r} is not a name of words joined by hyphens", at)
    reader.labels[name] = name
    return name


def extern_name(reader: Reader) -> ExternName:
    """Reads the name of an import or export with its attributes."""
    at, prefix = reader.position, reader.byte()
    if prefix > 2:
        raise reader.error(f"a name can't start with 0x{prefix:02x}", at)
    name = reader.name()
    if len(name) > LONGEST or not _is_extern_name(name):
        raise reader.error(f"{name[:80]!r} is not the name of an import or export", at)
    return ExternName(name, prefix == 2 and _attributes(reader, name), at)


def _is_extern_name(name: str) -> bool:
    if name.startswith("["):
        found = _ANNOTATED.match(name)
        # A constructor is named after its resource, a method by a name of its own as well.
        return found is not None and (found[2] is None or (found[2] == "constructor") == ("." not in name))
    return (_INTERFACE if ":" in name else LABEL).match(name) is not None


def _attributes(reader: Reader, name: str) -> bool:
    """Reads the attributes of a name, each at most once; tells whether it has `implements`."""
    seen: set[int] = set()
    for _ in range(reader.count(len(_ATTRIBUTES))):
        at, code = reader.position, reader.byte()
        if code >= len(_ATTRIBUTES):
            raise reader.error(f"a name's attribute 0x{code:02x} is not known", at)
        if code in seen:
            raise reader.error(f"the name `{name}` has the attribute `{_ATTRIBUTES[code]}` twice", at)
        seen.add(code)
        text = reader.name()
        if code == 0:
            if len(text) > LONGEST or _INTERFACE.match(text) is None:
                raise reader.error(f"`implements` of the name `{name}`: expected an interface, as in a:b/c, got {text[:80]!r}", at)
            if ":" in name:
                raise reader.error(f"the name `{name}` is that of an interface itself, so it can't have `implements`", at)
        elif code == 1:
            _version_suffix(reader, name, text, at)
    return 0 in seen


def _version_suffix(reader: Reader, name: str, suffix: str, at: int) -> None:
    short = name.rpartition("@")[2] if "@" in name else ""
    if len(suffix) > LONGEST or re.fullmatch(_SHORT_VERSION, short) is None or _VERSION.match(short + suffix) is None:
        raise reader.error(f"the name `{name}` and its version suffix {suffix[:80]!r} do not give a version, as in 1.2.3", at)


def check_implements(reader: Reader, found: ExternName, sort: str) -> None:
    """Checks that only an instance says which interface it implements."""
    if found.implements and sort != "instance":
        raise reader.error(f"`{found.name}` is a {sort}, and only an instance can have `implements`", found.offset)


def annotation(name: str) -> Annotation | None:
    """Gives what the name of a resource's function says; None for other names."""
    if not name.startswith("["):
        return None
    kind, _, rest = name[1:].partition("]")
    kind = kind.removeprefix("async ")
    return None if kind == "async" else Annotation(kind, rest.partition(".")[0])


def canonical(name: str) -> str:
    """Gives what must differ from one name to the next: case does not, and `[method]a.b` is `a.b` as `[static]a.b` is."""
    name = name.lower()
    if name.startswith(("[method]", "[static]", "[async")):
        name = name.partition("]")[2]
        first, _, second = name.partition(".")
        return first if first == second else name
    return name
