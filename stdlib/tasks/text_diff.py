"""Differences of texts and patches, by diff-match-patch."""

from __future__ import annotations

from typing import Any

from moonwit.host.values.intermediate import Value
from moonwit.stdlib.tasks.problem import DataProblem, library, utf8

_NAMES = {
    b"diff_timeout": "Diff_Timeout",
    b"diff_edit_cost": "Diff_EditCost",
    b"match_threshold": "Match_Threshold",
    b"match_distance": "Match_Distance",
    b"patch_delete_threshold": "Patch_DeleteThreshold",
    b"patch_margin": "Patch_Margin",
}
_OPERATIONS = {-1: b"delete", 0: b"equal", 1: b"insert"}


def _engine(options: Value) -> Any:
    made = library("diff_match_patch", "a difference of texts").diff_match_patch()
    for name, value in dict(options).items():
        setattr(made, _NAMES[name], value)
    return made


def compare(options: Value, before: bytes, after: bytes) -> Value:
    """Gives the steps from one text to the other."""
    steps = _engine(options).diff_main(utf8(before), utf8(after), False)
    return [{b"operation": _OPERATIONS[kind], b"text": text.encode()} for kind, text in steps]


def make(options: Value, before: bytes, after: bytes) -> Value:
    """Gives patches that lead from one text to the other."""
    return [{b"text": str(patch).encode()} for patch in _engine(options).patch_make(utf8(before), utf8(after))]


def apply(options: Value, patches: Value, text: bytes) -> Value:
    """Gives what patches make of a text, and whether all of them fit; raises ``DataProblem``."""
    engine = _engine(options)
    read = []
    for number, patch in enumerate(patches, 1):
        source = patch.get(b"text") if isinstance(patch, dict) else None
        if not isinstance(source, bytes):
            raise DataProblem(f"patch {number}: expected a table with a `text`, as patch_make gives them")
        try:
            read += engine.patch_fromText(utf8(source))
        except (ValueError, IndexError):
            raise DataProblem(f"patch {number}: its text is not a patch") from None
    result, fits = engine.patch_apply(read, utf8(text))
    return {b"text": result.encode("utf-8", "replace"), b"whole": all(fits)}


TASKS = {"text.diff.compare": compare, "text.diff.make": make, "text.diff.apply": apply}
