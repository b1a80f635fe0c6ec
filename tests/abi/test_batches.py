"""What a list takes of a guest's memory is allocated in batches; the guest's realloc sees the same calls as without."""

from __future__ import annotations

import pytest

from tests.abi import hosted
from tests.abi.hostile import OPTIONS, Opened, guest
from tests.texts import texts

lua, wat = texts(__file__)

CORE = wat("core")
REALLOC = wat("realloc")
RECORD = '(record (field "name" string) (field "tags" (list string)) (field "note" (option string)))'
TYPE = f'(type $record {RECORD}) (export $r "record" (type $record))'
METHODS = {"notes": "(list u32)", "last": "string"}

# A record: the size of its name, of its tags, and of its note.
Record = tuple[int, list[int], int | None]


class Guest:
    def __init__(self, opened: Opened, host: bool) -> None:
        options = hosted.OPTIONS if host else OPTIONS
        lifts = TYPE + "".join(
            f'(func (export "{name}") (param "v" (list $r)) (result {result}) (canon lift (core func $i "{name}") {options}))'
            for name, result in METHODS.items()
        )
        if host:
            text, extra = hosted.component(CORE, lifts, REALLOC, 16), ", imports: ['wasi:clocks/wall-clock', 'wasi:random']"
        else:
            text, extra = guest(f'(memory (export "memory") 16) {REALLOC} {CORE}', lifts), ""
        entries = [f"name: {name}, kind: function.wat, source: file://guest.wat, method: {name}{extra}" for name in METHODS]
        self._call = opened(entries, {"guest.wat": text}).run(lua("call"))

    def __call__(self, name: str, records: list[Record]) -> tuple[str, int]:
        rows = [f"{{{size}, {{{', '.join(map(str, tags))}}}{f', {note}' if note is not None else ''}}}" for size, tags, note in records]
        answer, count = self._call(f"t:{name}".encode(), f"{{{', '.join(rows)}}}".encode())
        return answer.decode(), count


def asked(records: list[Record]) -> list[int]:
    """What the canonical ABI has realloc asked for, in order: 16 times the size, and the alignment."""
    notes = [28 * len(records) * 16 + 4]
    for name, tags, note in records:
        notes += [name * 16 + 1, len(tags) * 8 * 16 + 4, *(tag * 16 + 1 for tag in tags)]
        notes += [] if note is None else [note * 16 + 1]
    return notes


RECORDS: list[list[Record]] = [
    [],
    [(1, [], None)],
    [(5, [3, 4], None), (1, [], 7)],
    # A batch has 16 allocations: one less, as many, one more, and those of two batches and one more.
    *([(3, [2] * (count - 4), None), (4, [], None)] for count in (14, 15, 16, 31, 32, 33)),
    [(1 + i % 7, [i % 3] * (i % 5), i % 11 if i % 2 else None) for i in range(1, 300)],
]


@pytest.mark.parametrize("host", [False, True], ids=["plain", "hosted"])
def test_realloc_is_asked_for_the_same_as_without_batches(opened: Opened, host: bool) -> None:
    """Each string and list has its own allocation, in the standard's order, empty ones too; whatever was called before."""
    call = Guest(opened, host)
    for records in [*RECORDS, *reversed(RECORDS)]:
        assert call("notes", records)[0] == " ".join(map(str, asked(records)))


@pytest.mark.parametrize("host", [False, True], ids=["plain", "hosted"])
def test_sixteen_allocations_are_one_call(opened: Opened, host: bool) -> None:
    """A list of 1000 records with a string, two tags and a note takes a call for each 16 allocations, and one for itself."""
    call = Guest(opened, host)
    records: list[Record] = [(5, [1, 2], 3)] * 1000
    assert len(asked(records)) == 5001
    # A guest that may call the host is entered by one call more.
    assert call("notes", records)[1] <= -(-5001 // 16) + 2


@pytest.mark.parametrize("host", [False, True], ids=["plain", "hosted"])
def test_what_is_allocated_in_batches_is_checked(opened: Opened, host: bool) -> None:
    """An address outside of the memory, an unaligned one and a trap are errors of the call, in each place of a batch; values arrive."""
    call = Guest(opened, host)
    wrongs: dict[str, Record] = {
        "realloc gave memory that it does not have": (100, [], None),
        "realloc gave an address that is not aligned": (1, [1] * 13, None),
        "unreachable": (1, [], 102),
    }
    for before in (1, 2, 5, 6, 7, 8, 30):
        for problem, wrong in wrongs.items():
            assert problem in call("notes", [(2, [], None)] * before + [wrong])[0]
        assert call("last", [(2, [4], 3)] * before + [(9, [1] * before, None)])[0] == "n" * 8 + str((before + 1) % 10)


