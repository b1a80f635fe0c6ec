"""The JSON Schema of registry files says what the loader says, as far as a single file can tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from moonwit.host.files.kinds import mode_rule
from moonwit.kinds import KINDS
from moonwit.registry import Group, Items, Kind, Table, Text, load
from moonwit.registry.composer import compose
from moonwit.registry.nodes import Listing, Mapping, Node, Scalar
from moonwit.registry.problems import Problems
from moonwit.registry.reading.json_schema import json_schema
from moonwit.registry.scalars import resolve

TESTS = Path(__file__).parents[1]
GOLDEN = TESTS / "registry" / "golden"
SCHEMA = json_schema(KINDS)
VALIDATOR = Draft7Validator(SCHEMA)
BROKEN = sorted(path.stem for path in GOLDEN.glob("*.yaml") if ": error: " in (GOLDEN / f"{path.stem}.txt").read_text(encoding="utf-8"))
SOUND = sorted(path for path in GOLDEN.glob("*.yaml") if path.stem not in BROKEN and path.stem != "namespace_forgotten")

# Broken files that the schema takes, with what of them it can't see.
UNSEEN = {
    "binary_missing": "a file that is not there",
    "duplicate_id": "two entries of one id",
    "meta_oddities": "a key that YAML does not read as text",
    "pool_size_below_workers": "one number compared with another",
    "reference_cycle": "references",
    "reference_to_nothing": "references",
    "reference_to_wrong_kind": "references",
    "yaml_custom_tag": "tags",
    "yaml_duplicate_key": "a key that is there twice, of which one is left",
    "yaml_wrong_tag": "tags",
}


def plain(node: Node) -> object:
    """Gives what an editor reads, as YAML 1.2 has it."""
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.text: plain(value) for key, value in node.pairs}
    assert isinstance(node, Scalar)
    return resolve(node.text) if node.plain else node.text


def faults(path: Path) -> list[str] | None:
    """Lists what the schema has against a file, or gives None for one that is not a YAML."""
    document = compose(path, path.read_text(encoding="utf-8"), Problems())
    return None if document.root is None else [error.message for error in VALIDATOR.iter_errors(plain(document.root))]


def test_the_schema_is_one():
    """The metaschema of draft-07 holds for the schema, each reference in it leads somewhere, and each pattern is one."""
    Draft7Validator.check_schema(SCHEMA)
    found = json.dumps(SCHEMA)
    for name in {part.split('"')[0] for part in found.split('"$ref": "#/')[1:]}:
        place = SCHEMA
        for step in name.split("/"):
            place = place[step]


def test_every_kind_is_in_it():
    """Each kind is offered, with the fields that its declaration has and no others."""
    assert SCHEMA["definitions"]["entry"]["properties"]["kind"]["anyOf"][0]["enum"] == [kind.name for kind in KINDS]
    for kind in KINDS:
        own = SCHEMA["definitions"][kind.name]["properties"]
        assert kind.fields is None or set(own) == {"name", "kind", "meta", "data", *kind.fields}


def test_every_rule_has_a_pattern():
    """No rule of a field is left out of the schema: a new one says which texts it takes."""

    def rules(field):
        yield from (rule for rule in (getattr(field, "rule", None), getattr(field, "key_rule", None)) if rule is not None)
        for inner in [*getattr(field, "fields", {}).values(), *([field.of] if hasattr(field, "of") else [])]:
            yield from rules(inner)

    found = {rule for kind in KINDS for field in (kind.fields or {}).values() for rule in rules(field)}
    assert len(found) > 10
    assert [rule.__name__ for rule in found if not hasattr(rule, "pattern")] == []


EXAMPLES = sorted((TESTS.parent / "examples").rglob("_index.yaml"))


@pytest.mark.parametrize("path", [*EXAMPLES, *SOUND], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_sound_files_are_taken(path):
    """The examples and the cases without an error are valid."""
    assert faults(path) == []


@pytest.mark.parametrize("name", [name for name in BROKEN if faults(GOLDEN / f"{name}.yaml") is not None])
def test_broken_files_are_not(name):
    """A YAML file whose shape is wrong is invalid; what the schema can't see is listed, and nothing is listed without need."""
    found = faults(GOLDEN / f"{name}.yaml")
    assert bool(found) == (name not in UNSEEN), found


def test_the_exceptions_are_cases():
    """Every listed exception is there."""
    assert set(UNSEEN) <= set(BROKEN)
    assert len(EXAMPLES) >= 3
    assert len(SOUND) >= 3


SHAPES = [replace(kind, check=None) for kind in KINDS]
REFERENCES = ("refers to", "closes a circle")

TEXTS = r"""
a a:b a:b:c a-b x.y a=b é name kind data meta type function.wat env.storage.os end
/a /a/../b a/.. . /. .. / // index.html /{id} /:id /a/{a.b} /{id}x /: /a?b /a/./b
:8085 host:1 [::1]:65535 [::1]:65536 8085 5s 1m30s 0s 5 0755 0888 inline static GET get auto pair payload
wasi:clocks wasi:clocks@0.2.0 wasi:clocks@0.3.0 wasi:io/poll wasi:io/none wippy:runtime@0.1.0 wippy:runtime@0.2.0
run _start wasi:cli/run@0.2.0#run a#run runs
""".split()
HASHES = ("sha256:" + "0a" * 32, "sha256:" + "0A" * 32, "sha256:0a")
SCALARS = st.sampled_from([None, True, False, 0, -1, 5, 1.5, 10**7, 2**60, "", " ", "a b", "a\0b", *HASHES, *TEXTS])
ODDS = st.integers(0, 9)
NAMES = st.sampled_from(TEXTS)


def values(field: object) -> st.SearchStrategy[object]:
    """Makes values for a field: of its shape, with scalars that fit here and there."""
    other = st.one_of(SCALARS, st.just([]), st.just({}))
    if isinstance(field, Group):
        own = {name: values(each) for name, each in field.fields.items()}
        return st.one_of(other, st.fixed_dictionaries({}, optional={**own, "odd": SCALARS}))
    if isinstance(field, Items):
        return st.one_of(other, st.lists(values(field.of), max_size=1))
    if isinstance(field, Table):
        return st.one_of(other, st.dictionaries(NAMES, values(field.of), max_size=2))
    if isinstance(field, Text) and field.rule is mode_rule:
        # An editor reads 0755 as one number or another, so the schema takes any.
        other = other.filter(lambda value: isinstance(value, bool) or not isinstance(value, int | float))
    return other


def sound(field: object) -> object:
    """Gives a value that a field takes, so that faults of other fields are not hidden behind one of its own."""
    if isinstance(field, Text):
        return next(text for text in (*TEXTS, *HASHES) if field.rule is None or field.rule(text) is None)
    return {} if isinstance(field, Table) else [] if isinstance(field, Items) else "a"


@st.composite
def entries(draw: st.DrawFn) -> dict[str, object]:
    """Makes an entry of a kind, mostly with what it needs and a field or two at random, beside its kind or in `data`."""
    kind: Kind = draw(st.sampled_from(KINDS))
    entry: dict[str, object] = {"name": draw(SCALARS) if draw(ODDS) == 0 else "a", "kind": kind.name}
    data: dict[str, object] = {}
    for name, field in (kind.fields or {}).items():
        chance = draw(ODDS)
        if chance == 0 or (field.required and chance > 1):
            draw(st.sampled_from((entry, entry, data)))[name] = draw(values(field)) if chance == 0 else sound(field)
    if draw(ODDS) == 0:
        draw(st.sampled_from((entry, data)))[draw(NAMES)] = draw(SCALARS)
    return entry | ({"data": data} if data or draw(ODDS) == 0 else {})


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=entries())
def test_the_schema_and_the_loader_agree(tmp_path, entry):
    """Of entries made at random the schema takes those that the loader finds no fault with, and no others."""
    file = {"version": "1.0", "namespace": "ns", "entries": [entry]}
    (tmp_path / "_index.yaml").write_text(json.dumps(file), encoding="utf-8")
    against = [problem.sentence for problem in load(tmp_path, SHAPES, {}).errors]
    against = [sentence for sentence in against if not any(words in sentence for words in REFERENCES)]
    faults = [error.message for error in VALIDATOR.iter_errors(file)]
    assert bool(faults) == bool(against), (faults, against)


def test_variables_stand_for_anything(project):
    """A number, a flag, a choice, a name and a kind may each come from a variable."""
    entry = {
        "name": "${env:NAME}",
        "kind": "function.wat",
        "source": "${env:TEXT|(module)}",
        "method": "f",
        "engine": "${env:ENGINE}",
        "limits": {"max_execution_ms": "${env:MS|5}"},
        "pool": {"type": "adaptive", "warm_start": "${env:WARM|yes}"},
    }
    kind = {"name": "b", "kind": "${env:KIND}", "directory": "."}
    file = {"namespace": "ns", "entries": [entry, kind]}
    registry = project(json.dumps(file), {"NAME": "a", "ENGINE": "direct", "KIND": "fs.directory"})
    assert not registry.errors
    assert list(registry.entries) == ["ns:a", "ns:b"]
    assert list(VALIDATOR.iter_errors(file)) == []
