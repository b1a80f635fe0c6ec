"""Files made to hurt: each is a clear problem, and costs little."""

import os
import sys

import pytest

from moonwit.registry import load
from moonwit.registry.composer import MAX_DEPTH, MAX_NODES, MAX_TAG_DIRECTIVES
from moonwit.registry.files import MAX_BYTES
from moonwit.registry.problems import MAX_PROBLEMS
from moonwit.registry.reading.loading import MAX_TOTAL

ENTRY = "  - {name: l, kind: library.lua, source: x}\n"


def sentences(registry, severity="error"):
    """Gives the sentences of the problems of a severity."""
    return [problem.sentence for problem in registry.problems if problem.severity == severity]


def test_a_huge_file_is_refused_by_its_size(tmp_path):
    """A file of 100 GB is refused without reading it: it is sparse, and reading it would take minutes and all memory."""
    with open(tmp_path / "_index.yaml", "wb") as file:
        file.truncate(100 << 30)
    assert sentences(load(tmp_path, [], {})) == ["the file holds 102400 MiB, more than the 8 MiB that are read"]


def test_a_huge_file_of_somebody_else_is_left_alone(tmp_path):
    """Its first bytes tell whether a file that is too large is meant for the registry."""
    for name, head in (("theirs.yaml", b"apiVersion: v1\n"), ("ours.yaml", b"version: '1.0'\nnamespace: a\n")):
        with open(tmp_path / name, "wb") as file:
            file.write(head)
            file.truncate(MAX_BYTES + 1)
    registry = load(tmp_path, [], {})
    assert [(problem.file.name, problem.severity) for problem in registry.problems] == [("ours.yaml", "error"), ("theirs.yaml", "warning")]


def test_the_yaml_of_a_project_is_bounded(project):
    """Many large files are not all read; the first one too many is named."""
    big = "namespace: a\nentries: []\n#" + "x" * (MAX_BYTES - 100)
    registry = project({f"{index}.yaml": big for index in range(MAX_TOTAL // MAX_BYTES + 2)})
    assert [problem.file.name for problem in registry.problems] == [f"{MAX_TOTAL // MAX_BYTES}.yaml"]


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "{? "])
def test_deep_yaml_is_refused_at_its_limit(project, opening):
    """A million levels are refused where the limit is crossed, without recursion."""
    registry = project(f"namespace: a\nmeta:\n  {opening * 1_000_000}")
    assert sentences(registry) == [f"values are nested more than {MAX_DEPTH} levels deep"]


def test_deep_aliases_are_refused(project):
    """Nesting by aliases counts as nesting."""
    lines = ["  a0: &a0 [x]"] + [f"  a{i}: &a{i} [*a{i - 1}]" for i in range(1, 200)]
    registry = project("namespace: a\nmeta:\n" + "\n".join(lines) + "\nentries: []\n")
    assert sentences(registry) == [f"values are nested more than {MAX_DEPTH} levels deep"]


def test_what_is_as_deep_as_allowed_can_be_read(project):
    """At the limit of depth, everything that walks the tree still works."""
    depth = MAX_DEPTH - 2
    registry = project("namespace: a\nmeta: {deep: " + "[" * depth + "]" * depth + "}\nentries:\n" + ENTRY)
    assert registry.problems == [] and str(registry.entries["a:l"].meta).count("[") == depth


@pytest.mark.parametrize(
    "text",
    [
        "meta:\n  a: &a [" + "x, " * 999 + "x]\n" + "".join(f"  b{i}: *a\n" for i in range(200)),
        "meta: {a: &a {" + ", ".join(f"k{i}: 1" for i in range(999)) + "}}\nentries:\n" + "  - {<<: *a}\n" * 200,
        "meta: [" + "x," * (MAX_NODES + 1) + "]\n",
        "meta:\n  a: &a [x, x]\n" + "".join(f"  a{i}: &a{i} {{<<: [*a{i - 1 if i else ''}, *a]}}\n" for i in range(60)),
    ],
    ids=["aliases", "merges", "values", "not mappings"],
)
def test_what_a_file_expands_to_is_bounded(project, text):
    """Aliases count as what they stand for, wherever they are used."""
    registry = project("namespace: a\n" + text)
    assert registry.problems and len(registry.problems) <= MAX_PROBLEMS + 1


def test_the_number_of_problems_is_bounded(project):
    """A file with 50,000 mistakes shows a thousand, says that there are more, and still breaks what is broken."""
    registry = project("namespace: a\nentries:\n" + "".join(f"  - {{name: l{i}, kind: function.wat, sorce: x}}\n" for i in range(12_000)))
    assert len(registry.problems) == MAX_PROBLEMS + 1
    assert f"there are more than {MAX_PROBLEMS} problems, and the rest is not shown" in sentences(registry)
    assert registry.is_broken("a:l11999")


def test_many_wrong_names_are_answered_without_long_searches(project):
    """Looking for the nearest name stops when there are many problems: 40,000 unknown imports, fields and ids."""
    registry = project(
        "namespace: a\nentries:\n"
        "  - {name: f, kind: function.wat, source: x, method: m, imports: [" + ", ".join(f"wasi:clok{i}" for i in range(20_000)) + "]}\n"
        "  - {name: g, kind: function.wat, source: x, method: m, " + ", ".join(f"metod{i}: 1" for i in range(20_000)) + "}\n"
    )
    assert len(registry.problems) == MAX_PROBLEMS + 1 and registry.is_broken("a:f") and registry.is_broken("a:g")


def test_many_tag_directives_are_refused(project):
    """libyaml compares each `%TAG` with all others."""
    text = "".join(f"%TAG !a{i}! b\n" for i in range(200_000)) + "---\nnamespace: a\n"
    assert sentences(project({"_index.yaml": text})) == [f"there are more than {MAX_TAG_DIRECTIVES} `%TAG` directives"]


def test_a_long_circle_is_found_without_recursion(project):
    """Five thousand libraries that import each other in a circle are one problem, and all are broken."""
    count = 5_000
    lines = [f"  - {{name: l{i}, kind: library.lua, source: x, imports: {{n: l{(i + 1) % count}}}}}\n" for i in range(count)]
    registry = project("namespace: a\nentries:\n" + "".join(lines))
    assert len(registry.problems) == 1 and "closes a circle" in registry.problems[0].sentence
    assert registry.is_broken("a:l0") and registry.is_broken("a:l2500")


def test_a_long_chain_is_not_a_circle(project):
    """Five thousand libraries in a row are fine."""
    count = 5_000
    lines = [f"  - {{name: l{i}, kind: library.lua, source: x, imports: {{n: l{i + 1}}}}}\n" for i in range(count)]
    registry = project("namespace: a\nentries:\n" + "".join(lines) + f"  - {{name: l{count}, kind: library.lua, source: x}}\n")
    assert registry.problems == [] and not registry.is_broken("a:l0") and count > sys.getrecursionlimit()


def test_a_pipe_is_not_waited_for(tmp_path):
    """A named pipe in the place of a YAML file, of the settings or of a `file://` text is a problem, and nobody waits for a writer."""
    for name in ("_index.yaml", "moonwit.yaml", "text"):
        os.mkfifo(tmp_path / name)
    (tmp_path / "b.yaml").write_text("namespace: a\nentries:\n  - {name: l, kind: x, source: 'file://text', meta: {t: 'file://text'}}\n")
    found = sentences(load(tmp_path, [], {}))
    assert "this is not a regular file, and is not read" in found
    assert "the file is not a regular file" in found
    assert "the file `text` is not a regular file" in found


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_a_problem(tmp_path):
    """A file or folder without permission is named."""
    (tmp_path / "_index.yaml").write_text("namespace: a\n")
    (tmp_path / "_index.yaml").chmod(0)
    (tmp_path / "closed").mkdir(mode=0)
    found = load(tmp_path, [], {}).problems
    assert [(problem.file.name, problem.sentence) for problem in found] == [
        ("_index.yaml", "the file can't be read by this user"),
        ("closed", "the folder can't be read by this user"),
    ]


def test_a_variable_used_often_does_not_fill_the_memory(project):
    """A long variable in many places is refused when what it makes is too long."""
    lines = [f"  - {{name: l{i}, kind: library.lua, source: '${{env:LONG}}${{env:LONG}}'}}\n" for i in range(100)]
    registry = project("namespace: a\nentries:\n" + "".join(lines), {"LONG": "x" * 1_000_000})
    assert "the variables put in here are too long together" in sentences(registry)


def test_file_names_that_are_not_text_can_be_shown(tmp_path):
    """A file name that is not UTF-8 is shown with a replacement, and the text can be printed."""
    try:
        (tmp_path / os.fsdecode(b"caf\xe9.yaml")).write_text("namespace: a\nwrong: 1\n")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (problem,) = load(tmp_path, [], {}).problems
    assert problem.render(base=tmp_path).encode() and "caf\N{REPLACEMENT CHARACTER}.yaml:2:1: error" in problem.render(base=tmp_path)
