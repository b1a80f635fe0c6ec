"""The module csv, held against Python's."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import moonwit
from tests import projects
from tests.texts import texts

lua, _ = texts(__file__)

INDEX = """
  - name: call
    kind: function.lua
    modules: [csv]
    source: |
      return function(name, ...) return csv[name](...) end
  - name: read
    kind: function.lua
    modules: [csv]
    source: |
      return function(pieces, options)
        local at, rows = 0, {}
        for row in csv.reader(function() at = at + 1 return pieces[at] end, options) do rows[#rows + 1] = row end
        return rows
      end
  - name: write
    kind: function.lua
    modules: [csv]
    source: |
      return function(rows, options)
        local out = {}
        local write = csv.writer(function(text) out[#out + 1] = text end, options)
        for _, row in ipairs(rows) do assert(write(row)) end
        return table.concat(out)
      end
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder: Path = tmp_path_factory.mktemp("project")
    projects.write(folder, INDEX)
    with moonwit.open(folder) as opened:
        yield opened


FEW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
field = st.text(st.sampled_from('ab,;"\r\n \té'), max_size=6)
tables = st.lists(st.lists(field, min_size=1, max_size=4), max_size=6)


@given(tables, st.sampled_from(["\r\n", "\n"]), st.sampled_from([",", ";", "\t"]))
@FEW
def test_what_is_written_comes_back(project: moonwit.Project, rows: list[list[str]], line_end: str, separator: str) -> None:
    """Any fields survive encode and decode; Python reads the same; row by row it is the same text."""
    options = {"separator": separator, "line_end": line_end}
    text = project.call("t:call", "encode", rows, options)
    assert project.call("t:call", "decode", text, {"separator": separator}) == rows
    assert list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)) == rows
    assert project.call("t:write", rows, options) == text


@given(tables, st.integers(1, 9), st.sampled_from(["\r\n", "\n", "\r"]))
@FEW
def test_what_python_writes_is_read_in_any_pieces(project: moonwit.Project, rows: list[list[str]], size: int, line_end: str) -> None:
    """Where pieces end makes no difference, in the middle of a quote or of a line end neither."""
    out = io.StringIO(newline="")
    # Python before 3.13 leaves an end of a line that is not the chosen one without quotes.
    bare = any("\r" in field or "\n" in field for row in rows for field in row)
    csv.writer(out, lineterminator=line_end, quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL).writerows(rows)
    data = out.getvalue().encode()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert project.call("t:read", pieces) == rows == project.call("t:call", "decode", data)


@given(st.lists(st.sampled_from(['"', ",", "a", "\n", "\r", " ", '""']), max_size=12).map("".join))
@FEW
def test_any_text_is_read_as_python_reads_it(project: moonwit.Project, text: str) -> None:
    """What Python takes is the same; what it refuses is refused; only a quote within a plain field Python lets pass."""
    try:
        wanted: Any = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        wanted = None
    try:
        found = project.call("t:call", "decode", text)
    except moonwit.CallError as problem:
        assert problem.kind == "Invalid"
        assert wanted is None or "a quote stands in a field" in problem.message, problem.message
    else:
        assert found == wanted


@pytest.mark.parametrize(
    ("text", "options", "value"),
    [
        ("", {}, []), ("\ufeffa\n", {}, [["a"]]), ('"a\nb",c\r\n\r\n""\n', {}, [["a\nb", "c"], [""]]),
        ("a,b\n1,2\n", {"header": True}, [{"a": "1", "b": "2"}]), ("a,b", {"header": True}, []),
    ],
)  # fmt: skip
def test_rows(project: moonwit.Project, text: str, options: dict[str, Any], value: Any) -> None:
    """Byte order marks and lines with nothing in them are left out; a header gives names."""
    assert project.call("t:call", "decode", text, options) == value


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('a\nb,"c', "line 2, column 3: the quoted field has no end"),
        ('a,b"', "line 1, column 4: a quote stands in a field that is not quoted"),
        ('"a\nb"c', "line 2, column 6: expected the separator or the end of the line after a quoted field"),
        ("a,a\n", "line 1, column 1: the header has the name 'a' twice"),
        ('a,b\n"1\n",2\n3\n', "line 4, column 1: the row has 1 fields, and the header 2"),
        ("," * 65536, "line 1, column 1: a record has more than 65536 fields"),
    ],
)
def test_what_is_wrong_is_told(project: moonwit.Project, text: str, sentence: str) -> None:
    """Mistakes name line and column, as a value, and raised by the iterator."""
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:call", "decode", text, {"header": True})
    assert (problem.value.kind, problem.value.message) == ("Invalid", f"csv.decode: {sentence}")
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:read", [text], {"header": True})
    assert (problem.value.kind, problem.value.message) == ("Invalid", f"csv.reader: {sentence}")


@pytest.mark.parametrize(
    ("rows", "options", "text"),
    [
        ([[1, 1.5, -0.1, 2**53, True, "x"]], {}, "1,1.5,-0.1,9007199254740992,true,x\r\n"),
        ([{"b": 1, "a": 2}, {"a": 3}], {}, "a,b\r\n2,1\r\n3,\r\n"),
        ([{"b": 1, "a": 2}], {"header": ["b", "a"], "line_end": "\n"}, "b,a\n1,2\n"),
        ([[1], [" x"]], {"header": ["n"]}, 'n\r\n1\r\n" x"\r\n'),
        ([], {}, ""),
    ],
)
def test_what_is_written(project: moonwit.Project, rows: Any, options: dict[str, Any], text: str) -> None:
    """Numbers are as short as they may be; names have the order of the header."""
    assert project.call("t:call", "encode", rows, options) == text


@pytest.mark.parametrize(
    ("rows", "options", "sentence"),
    [
        ([[1, [2]]], {}, "row 1, field 2: a table has no form in CSV"),
        ([{"a": 1}, {"b": 1}], {}, "row 2: 'b' is not in the header"),
        ([[1], {"b": 1}], {}, "row 2 has names: give them their order as `header`"),
        ([[1, 2]], {"header": ["a"]}, "row 1 has 2 fields, and the header 1"),
        ([1], {}, "row 1: expected a table, got a number"),
    ],
)
def test_what_cant_be_written_is_told(project: moonwit.Project, rows: Any, options: dict[str, Any], sentence: str) -> None:
    """The row and the field are named."""
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:call", "encode", rows, options)
    assert (problem.value.kind, problem.value.message) == ("Invalid", f"csv.encode: {sentence}")


def test_much_and_hostile(run: Callable[[str], str]) -> None:
    """Others run while a long text is read; a record without end is refused; a file is read and written piece by piece."""
    script = lua("much_and_hostile")
    assert run(script).split("\n")[:-2] == [
        "300000\ttrue",
        *["false\tcsv.reader: line 1: a record has more than 16777216 bytes"] * 2,
        "csv.decode: the text has 104857600 bytes, and at most 67108864 are taken",
    ]
