"""The entries of a project as a table: what `moonwit list` and `:entries` show."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from moonwit import terminal

if TYPE_CHECKING:
    from moonwit.registry import Entry, Registry

_GAP = "  "
_NARROWEST = 32  # columns that the last column needs in a table
_MOST_PARTS = 20  # functions of one entry


class Row(NamedTuple):
    """An entry in the table; ``text`` is what stands in the last column."""

    id: str
    kind: str
    text: tuple[str, ...]


_HEAD = Row("id", "kind", ("signature",))


def rows_of(entries: Iterable[Entry], registry: Registry) -> list[Row]:
    """Gives the rows of entries; each function is loaded."""
    return [_row(entry, registry) for entry in entries]


def _row(entry: Entry, registry: Registry) -> Row:
    from moonwit.host.functions.loaded import KINDS, FunctionProblem
    from moonwit.host.functions.loading import load_functions
    from moonwit.host.programs.processes import KINDS_OF_PROCESSES, command_of
    from moonwit.host.wasm.wit.show import show_function

    texts = [""]
    if registry.is_broken(entry.id):
        own = next((problem.sentence for problem in registry.errors if problem.entry == entry.id), None)
        texts = [f"error: {own or 'something it refers to has an error'}"]
    elif entry.kind in KINDS:
        try:
            functions = load_functions(entry, registry)
            texts = [show_function(each.export, each.signature).rstrip(";") for each in functions]
            if not functions[0].is_part:
                texts = [texts[0].partition(": ")[2]]
            elif len(texts) > _MOST_PARTS:
                texts[_MOST_PARTS - 1 :] = [f"and {len(texts) - _MOST_PARTS + 1} more: moonwit inspect {entry.id}"]
        except FunctionProblem as error:
            registry.report(error.problem)
            texts = [f"error: {error.problem.sentence}"]
    elif entry.kind == "function.python":
        texts = [str(entry.fields.get("signature", ""))]
    elif entry.kind in KINDS_OF_PROCESSES:
        command = command_of(entry)
        texts = [f"moonwit run {entry.id if command is None else command.name}"]
    comment = entry.meta.get("comment")
    return Row(entry.id, entry.kind, tuple(one for one in (*texts, comment if isinstance(comment, str) else "") if one))


def table(rows: Sequence[Row], width: int) -> str:
    """Gives the rows as text of at most ``width`` columns where words allow it: a table, or a block for each where ids are long."""
    if not rows:
        return "no entries\n"
    widths = [max(len(row[column]) for row in (_HEAD, *rows)) for column in range(2)]
    start = sum(widths) + 2 * len(_GAP)
    lines: list[str] = []
    if width - start < _NARROWEST:
        for row in rows:
            facts = (row.kind, *row.text)
            lines += [row.id, *(f"    {line}" for line in _wrapped(facts, width - 4))]
    else:
        for row in (_HEAD, *rows):
            head = _GAP.join(cell.ljust(size) for cell, size in zip(row[:2], widths, strict=True))
            first, *more = [*_wrapped(row.text, width - start)] or [""]
            lines += [f"{head}{_GAP}{first}".rstrip(), *(" " * start + line for line in more)]
    return "\n".join(terminal.clean(line) for line in lines) + "\n"


def _wrapped(texts: Sequence[str], width: int) -> Iterator[str]:
    """Breaks texts at spaces; what goes on is set in by two."""
    for text in texts:
        yield from wrap(" ".join(text.split()), width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
