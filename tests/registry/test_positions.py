"""From a place in a field's text back to the file: for compilers that report line and column."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.registry.composer import compose
from moonwit.registry.nodes import Mapping, Scalar
from moonwit.registry.positions import locate, offset_of, written
from moonwit.registry.problems import Problems

HEAD = "namespace: a\nentries:\n  - name: f\n    kind: function.wat\n    method: m\n"


def pointed_at(registry, within):
    """Gives what the caret of a problem inside `source` points at."""
    problem = registry.entries["a:f"].problem(("source",), "wrong", within=within)
    return problem.line, problem.source_line[problem.column - 1 :]


@pytest.mark.parametrize(
    ("source", "within", "expected"),
    [
        ("    source: |\n      (module\n        (func $x)\n      )\n", (2, 3), (8, "(func $x)")),
        ("    source: |\n      (module\n        (func $x)\n      )\n", (2, 12), (8, "")),
        ("    source: |2\n        (module\n        (func $x)\n", (1, 3), (7, "(module")),
        ("    source: |-  # a comment\n\n      (module)\n", (2, 2), (8, "module)")),
        ("    source: &s !!str |\n      one\n      two\n", (2, 2), (8, "wo")),
        ("    source: (module two)\n", (1, 9), (6, "two)")),
        ("    source: (module\n      two)\n", (1, 9), (7, "two)")),
        ('    source: "a\\n\\tb\\x41c"\n', (2, 3), (6, '\\x41c"')),
        ("    source: 'it''s here'\n", (1, 6), (6, "here'")),
        ("    source: >\n      one\n      two\n\n      three\n", (1, 5), (8, "two")),
        ("    source: >\n      one\n      two\n\n      three\n", (2, 1), (10, "three")),
        ("    source: |\n      ab ${env:X} cd\n      ef\n", (1, 9), (7, "cd")),
        ("    source: |\n      ab ${env:X} cd\n      ef\n", (1, 5), (7, "${env:X} cd")),
        ("    source: |\n      ab ${env:X} cd\n      ef\n", (2, 1), (8, "ef")),
    ],
)
def test_a_place_in_a_text_is_found_in_the_file(project, source, within, expected):
    """Whatever the style of the scalar, the caret stands under the character that is meant."""
    assert pointed_at(project(HEAD + source, {"X": "12345"[:4]}), within) == expected


def test_a_place_in_a_file_text_is_in_that_file(project):
    """A `file://` text is pointed into in its own file, with its own line shown."""
    registry = project({"_index.yaml": HEAD + "    source: file://a.wat\n", "a.wat": "(module\r\n  (fun $x))\r\n"})
    problem = registry.entries["a:f"].problem(("source",), "unknown word", within=(2, 4))
    assert (problem.file, problem.line, problem.column) == (registry.root / "a.wat", 2, 4)
    assert problem.render(base=registry.root).splitlines() == ["a.wat:2:4: error: unknown word", "    (fun $x))", "     ^"]


@pytest.mark.parametrize("within", [(0, 0), (99, 1), (1, 99), (99, 99), (-5, -5)])
def test_a_place_outside_of_the_text_is_clamped(project, within):
    """A compiler that reports a place past the end still gives a problem in the right field."""
    registry = project(HEAD + "    source: |\n      (module\n      )\n")
    problem = registry.entries["a:f"].problem(("source",), "wrong", within=within)
    assert 6 <= problem.line <= 9 and problem.column >= 1
    assert problem.render()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (3, 11)),
        (("source",), (6, 13)),
        (("pool",), (7, 5)),
        (("pool", "type"), (8, 13)),
        (("pool", "size"), (7, 5)),
        (("imports",), (9, 5)),
        (("imports", 1), (11, 9)),
        (("imports", 7), (9, 5)),
        (("absent",), (3, 11)),
        (("kind",), (4, 11)),
    ],
)
def test_a_path_leads_to_the_field_or_what_encloses_it(project, path, place):
    """A field that is not written is shown at the nearest thing around it that is."""
    more = "    source: x\n    pool:\n      type: lazy\n    imports:\n      - wasi:io\n      - wasi:cli\n"
    problem = project(HEAD + more).entries["a:f"].problem(path, "wrong")
    assert (problem.line, problem.column) == place


TEXT = st.text(alphabet=st.sampled_from("ab'\"\\:#-{}[]é日 \n\t"), min_size=1, max_size=60)


@given(TEXT, st.sampled_from(["|", ">", '"', "'", ""]), st.integers(0, 60), st.integers(5, 40))
@settings(max_examples=300, deadline=None)
def test_every_character_is_found_again(text, style, offset, width):
    """For texts written by a YAML writer in any style, a visible character of the text is found in the file."""
    dumped = yaml.dump({"key": text}, default_style=style or None, allow_unicode=True, width=width)
    document = compose(__file__, dumped, Problems())
    assert isinstance(document.root, Mapping)
    _, node = document.root.get("key") or (None, None)
    assert isinstance(node, Scalar)
    text = node.text  # the writer does not keep every text it folds
    offset %= len(text)
    if text[offset].isspace():
        return
    line, column = locate(document, node, offset)
    found = document.lines[line - 1][column - 1 :]
    assert found[0] == text[offset] or (found[0] == "\\" and node.style == '"')


KEPT = st.text("xyz", max_size=5)


@given(st.lists(st.tuples(KEPT, st.text("A", max_size=4), st.text("B", max_size=9)), max_size=5), KEPT)
@settings(deadline=None)
def test_substitutions_are_undone(parts, rest):
    """An offset behind any number of substitutions leads to the same character of the written text."""
    before = "".join(keep + old for keep, old, _ in parts) + rest
    after = "".join(keep + new for keep, _, new in parts) + rest
    edits, at = [], 0
    for keep, old, new in parts:
        at += len(keep)
        edits.append((at, at + len(old), len(new)))
        at += len(old)
    for offset, character in enumerate(after):
        if character in "xyz":
            assert before[written(tuple(edits), offset)] == character


def test_offsets_count_lines_and_columns():
    """Lines and columns are 1-based and clamped to the text."""
    text = "ab\ncd\n\nef"
    assert [offset_of(text, *place) for place in [(1, 1), (2, 2), (3, 1), (4, 2), (1, 9), (9, 1)]] == [0, 4, 6, 8, 2, 7]
