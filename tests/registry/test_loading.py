"""What a good project becomes, and what of a bad one can still be used."""

from pathlib import Path

import pytest

from moonwit.registry import Kind, Problem, load

ANSWER = """
namespace: app
meta: {team: blue, level: 1}
entries:
  - name: answer
    kind: function.wat
    meta: {level: 2, comment: "the answer"}
    source: (module)
    method: answer
"""


def test_an_entry_has_its_declared_data(project):
    """An entry knows its id, kind, file, and its fields with the defaults that were declared."""
    registry = project(ANSWER)
    entry = registry.entries["app:answer"]
    assert (entry.id, entry.namespace, entry.name, entry.kind) == ("app:answer", "app", "answer", "function.wat")
    assert entry.fields == {"source": "(module)", "method": "answer", "transport": "payload"}
    assert entry.file == registry.root / "_index.yaml"
    assert registry.problems == [] and not registry.is_broken("app:answer")


def test_meta_of_the_namespace_is_the_default_of_each_entry(project):
    """An entry's own meta wins over its file's, key by key."""
    assert project(ANSWER).entries["app:answer"].meta == {"team": "blue", "level": 2, "comment": "the answer"}


def test_fields_stand_beside_the_name_or_under_data(project):
    """Both forms, and a mix of them, mean the same."""
    registry = project(
        "namespace: app\nentries:\n"
        "  - {name: a, kind: function.wat, source: x, method: m}\n"
        "  - {name: b, kind: function.wat, data: {source: x, method: m}}\n"
        "  - {name: c, kind: function.wat, source: x, data: {method: m}}\n"
    )
    assert [entry.fields for entry in registry.entries.values()] == [registry.entries["app:a"].fields] * 3


def test_entries_keep_the_order_of_files_and_lines(project):
    """Entries are in document order, files by name, a folder's files before those of folders below."""
    entry = "namespace: {}\nentries:\n  - {{name: b, kind: library.lua, source: x}}\n  - {{name: a, kind: library.lua, source: x}}\n"
    registry = project({"src/z.yaml": entry.format("z"), "src/a/_index.yaml": entry.format("a"), "src/m.yml": entry.format("m")})
    assert list(registry.entries) == ["m:b", "m:a", "z:b", "z:a", "a:b", "a:a"]


def test_references_are_full_ids(project):
    """A reference without a namespace means the entry's own; one with a namespace is kept."""
    registry = project(
        {
            "a.yaml": "namespace: a\nentries:\n  - {name: l, kind: library.lua, source: x}\n"
            "  - {name: f, kind: function.lua, source: x, imports: {one: l, two: 'b:l', again: 'a:l'}}\n",
            "b.yaml": "namespace: b\nentries:\n  - {name: l, kind: library.lua, source: x}\n",
        }
    )
    entry = registry.entries["a:f"]
    assert entry.fields["imports"] == {"one": "a:l", "two": "b:l", "again": "a:l"}
    assert entry.references == ("a:l", "b:l")
    assert registry.problems == []


def test_file_texts_are_relative_to_the_yaml_file_or_the_project(project):
    """`file://a` starts at the YAML file, `file:///a` at the project; the text and its origin are known."""
    registry = project(
        {
            "src/deep/_index.yaml": "namespace: a\nentries:\n"
            "  - {name: near, kind: library.lua, source: 'file://x.lua'}\n"
            "  - {name: far, kind: library.lua, source: 'file:///top.lua'}\n"
            "  - {name: inline, kind: library.lua, source: return 1}\n",
            "src/deep/x.lua": "return 'near'\n",
            "top.lua": "return '${env:NOT_REPLACED_HERE}'\n",
        }
    )
    near, far, inline = registry.entries.values()
    assert (near.fields["source"], near.origin("source")) == ("return 'near'\n", registry.root / "src/deep/x.lua")
    assert (far.fields["source"], far.origin("source")) == ("return '${env:NOT_REPLACED_HERE}'\n", registry.root / "top.lua")
    assert inline.origin("source") is None and inline.origin("nothing") is None


@pytest.mark.parametrize(
    ("written", "environ", "expected"),
    [
        ("${env:A}", {"A": "x"}, "x"),
        ("<${env:A}-${env:B|b}>", {"A": "x"}, "<x-b>"),
        ("${env:A|}!", {}, "!"),
        ("${env:A|default}", {"A": ""}, ""),
        ("${env:A}", {"A": "${env:B}"}, "${env:B}"),
        ("${env:A}", {"A": "file:///etc/hostname"}, "file:///etc/hostname"),
        ("${other} $env {env:A}", {}, "${other} $env {env:A}"),
    ],
)
def test_variables_are_replaced_once(project, written, environ, expected):
    """A variable's value is text: it is not expanded again and names no file."""
    registry = project(f"namespace: a\nentries:\n  - {{name: l, kind: library.lua, source: x, meta: {{v: '{written}'}}}}\n", environ)
    assert registry.entries["a:l"].meta == {"v": expected}
    assert registry.problems == []


def test_a_variable_can_be_a_number_a_flag_or_a_path(project):
    """What a variable puts in is read as the field wants it."""
    registry = project(
        {
            "_index.yaml": "namespace: a\nentries:\n  - name: f\n    kind: function.wat\n    source: file://${env:FILE}\n"
            "    method: ${env:METHOD}\n    pool: {type: static, size: '${env:SIZE}', reuse: '${env:REUSE}'}\n",
            "x.wat": "(module)",
        },
        {"FILE": "x.wat", "METHOD": "12", "SIZE": "4", "REUSE": "false"},
    )
    fields = registry.entries["a:f"].fields
    assert fields["source"] == "(module)" and fields["method"] == "12"
    assert fields["pool"] == {"type": "static", "size": 4, "reuse": False}


def test_free_data_is_read_as_yaml_1_2_does(project):
    """Dates, times, octal and `yes` stay text, as nothing here wants anything else."""
    registry = project(
        "namespace: a\nmeta: {date: 2024-01-01, time: '1:30', clock: 1:30, mode: 0755, hex: 0x1F, big: 1_000, exp: 1e3, nothing: ~,\n"
        "  flag: true, text: '12', list: [1, -2, .5], explicit: !!str 12}\nentries:\n  - {name: l, kind: library.lua, source: x}\n"
    )
    assert registry.entries["a:l"].meta == {
        "date": "2024-01-01", "time": "1:30", "clock": "1:30", "mode": "0755", "hex": 31, "big": 1000, "exp": 1000.0,
        "nothing": None, "flag": True, "text": "12", "list": [1, -2, 0.5], "explicit": "12",
    }


def test_merge_keys_and_aliases_share_fields(project):
    """`<<` takes over what is not written; an alias stands for its anchor."""
    registry = project(
        "namespace: a\nmeta: {pool: &pool {type: lazy, reuse: false}}\nentries:\n"
        "  - {name: f, kind: function.wat, source: x, method: m, pool: {<<: *pool, reuse: true}}\n"
        "  - {name: g, kind: function.wat, source: x, method: m, pool: *pool}\n"
    )
    assert registry.entries["a:f"].fields["pool"] == {"type": "lazy", "reuse": True}
    assert registry.entries["a:g"].fields["pool"] == {"type": "lazy", "reuse": False}


def test_what_refers_to_a_broken_entry_is_broken(project):
    """Only entries that lead to a broken one, or to nothing, are broken; the rest can be used."""
    registry = project(
        "namespace: a\nentries:\n"
        "  - {name: bad, kind: library.lua, sorce: x}\n"
        "  - {name: one, kind: library.lua, source: x, imports: {l: bad}}\n"
        "  - {name: two, kind: function.lua, source: x, imports: {l: one}}\n"
        "  - {name: good, kind: library.lua, source: x}\n"
        "  - {name: fine, kind: function.lua, source: x, imports: {l: good}}\n"
    )
    assert {name: registry.is_broken(f"a:{name}") for name in ("bad", "one", "two", "good", "fine", "absent")} == {
        "bad": True, "one": True, "two": True, "good": False, "fine": False, "absent": True
    }


def test_a_room_can_report_what_it_finds(project):
    """A reported error breaks its entry and all that refers to it, and stands among the others in order; a warning breaks nothing."""
    registry = project(
        "namespace: a\nentries:\n"
        "  - {name: one, kind: library.lua, source: x}\n"
        "  - {name: two, kind: library.lua, source: x, imports: {l: one}}\n"
        "  - {name: bad, kind: library.lua, sorce: x}\n"
    )
    one = registry.entries["a:one"]
    assert not registry.is_broken("a:two")
    registry.report(one.problem(("source",), "this looks odd", severity="warning"))
    assert not registry.is_broken("a:two")
    registry.report(one.problem(("source",), "this is not Lua"))
    assert registry.is_broken("a:one") and registry.is_broken("a:two")
    assert [(problem.line, problem.severity) for problem in registry.problems] == [(3, "error"), (3, "warning"), (5, "error")]


def test_a_kind_checks_what_fields_alone_do_not_show(tmp_path):
    """A kind's check sees the whole registry, and is asked only about entries without errors of their own."""
    (tmp_path / "_index.yaml").write_text("namespace: a\nentries:\n  - {name: x, kind: thing}\n  - {name: y, kind: thing, extra: 1}\n")
    asked = []

    def check(entry, registry):
        asked.append((entry.id, list(registry.entries)))
        return [entry.problem((), "things are not allowed")]

    registry = load(tmp_path, [Kind("thing", {}, check)], {})
    assert asked == [("a:x", ["a:x", "a:y"])]
    assert registry.is_broken("a:x") and registry.is_broken("a:y")


def test_the_nearest_id_is_found(project):
    """Typing mistakes in the name or the namespace, and a missing namespace, lead to the id that was meant."""
    registry = project(ANSWER)
    assert [registry.nearest(id) for id in ("app:anwser", "ap:answer", "answer", "app:Answer", "app:an_swer")] == ["app:answer"] * 5
    assert registry.nearest("zzz:qqq") is None


def test_settings_have_defaults_and_are_checked(project):
    """`moonwit.yaml` is optional, sets `results`, and is not taken for a registry file."""
    assert project({}).settings == {"results": "pair"}
    registry = project({"moonwit.yaml": "results: table\n"})
    assert registry.settings == {"results": "table"} and registry.problems == []
    with pytest.raises(TypeError):
        registry.settings["results"] = "pair"


def test_a_folder_that_is_not_there_is_a_problem(tmp_path):
    """Loading nothing gives a registry with a problem, not an exception."""
    registry = load(tmp_path / "gone", [], {})
    assert [problem.sentence for problem in registry.problems] == ["there is no such project folder"]
    file = tmp_path / "file"
    file.write_text("")
    assert len(load(file, [], {}).problems) == 1


def test_problems_are_plain_values(project):
    """A problem can be compared, and shows itself as text."""
    problem = Problem(Path("a.yaml"), 0, 0, "the file is odd")
    assert problem == Problem(Path("a.yaml"), 0, 0, "the file is odd") and str(problem) == "a.yaml: error: the file is odd"


def test_aliased_mistakes_are_told_once_but_break_both(project):
    """One wrong text that two entries share by an alias is one problem, and both entries are broken."""
    registry = project(
        "namespace: a\nmeta: {}\nentries:\n"
        "  - {name: f, kind: library.lua, source: &s 'file://gone.lua'}\n"
        "  - {name: g, kind: library.lua, source: *s}\n"
    )
    assert len(registry.problems) == 1
    assert registry.is_broken("a:f") and registry.is_broken("a:g")


@pytest.mark.parametrize("flaw", ["source: y", "meta: {a: 1, a: 2}", "wit: !secret x", "pool: !!set {}"])
def test_a_flaw_of_the_yaml_breaks_the_entry_it_stands_in(project, flaw):
    """A key that is there twice, or a foreign tag, breaks its entry and no other."""
    registry = project(f"namespace: a\nentries:\n{LIBRARY.format('x')}{FUNCTION}    {flaw}\n{LIBRARY.format('z')}")
    assert len(registry.problems) == 1
    assert [registry.is_broken(f"a:{name}") for name in "xyz"] == [False, True, False]


LIBRARY = "  - {{name: {}, kind: library.lua, source: x}}\n"
FUNCTION = "  - name: y\n    kind: function.wat\n    source: x\n    method: m\n"
