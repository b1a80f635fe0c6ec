"""JSON Schema by `json.validate`, and null as nil."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import moonwit
from tests import projects

INDEX = """
  - name: check
    kind: function.lua
    modules: [json]
    source: |
      return function(name, schema, value)
        local valid, problem = json[name](schema, value)
        if valid then return {valid = true} end
        return {valid = valid, message = problem:message(), kind = problem:kind(), details = problem:details()}
      end
  - name: slow
    kind: function.lua
    modules: [json]
    limits: {max_execution_ms: 500}
    source: return function(schema) return json.validate(schema, 1) end
  - name: nil
    kind: function.lua
    modules: [json]
    source: |
      return function(text)
        local first, second = json.decode(text, {null_as_nil = true}), json.null_as_nil(json.decode(text))
        return {json.encode(first), json.encode(second)}
      end
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder: Path = tmp_path_factory.mktemp("project")
    projects.write(folder, INDEX)
    with moonwit.open(folder) as opened:
        yield opened


USER = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "email": {"type": "string", "format": "email"},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"type": "string"}},
        "any": {},
    },
    "required": ["name", "email"],
}


@pytest.mark.parametrize(
    ("schema", "value", "valid"),
    [
        (USER, {"name": "A", "email": "a@b", "age": 3, "tags": [], "any": [1]}, True), (USER, {"name": "A", "email": "no"}, False),
        ({"type": "object"}, {}, True), ({"type": "array"}, [], True), ({"enum": [[]]}, [], True),
        ({}, 1, True), ({"required": []}, {}, True),
        ('{"type": "number"}', 1.5, True), ("false", 1, False), ({"type": "integer"}, 2**60, True), ({"type": "null"}, None, True),
        ({"pattern": "^(a+)+$"}, "a" * 5000 + "b", False), ({"patternProperties": {"^é+$": {"type": "string"}}}, {"éé": 1}, False),
        ({"additionalProperties": False, "patternProperties": {"^a": {}}}, {"abc": 1}, True),
        ({"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": True}, 1, False),
    ],
)  # fmt: skip
def test_values(project: moonwit.Project, schema: Any, value: Any, valid: bool) -> None:
    """Drafts by their `$schema`, empty tables as what is wanted, patterns in linear time."""
    assert project.call("t:check", "validate", schema, value)["valid"] is valid


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        (USER, {"name": "A"}, "value: the field 'email' is missing"),
        (USER, {"name": 1, "email": "a@b"}, "name: expected a string, got the number 1"),
        (USER, {"name": "A", "email": "a@b", "tags": ["x", {"y": 1}]}, "tags[2]: expected a string, got an object"),
        ({"type": ["string", "null"]}, 1, "value: expected a string or null, got the number 1"),
        ({"type": "nope"}, 1, "the schema is not valid: type: 'nope' is not valid under any of the given schemas"),
        ({"pattern": "(?=a)"}, "a", "the pattern is not valid: invalid perl operator: (?="),
        ("[", 1, "the schema is not valid: it is not JSON"),
        ("1", 1, "the schema is not valid: expected a table, or true or false"),
        ({"$ref": "#"}, 1, "the schema refers to itself without end, or the value is nested too deep"),
        ({"$ref": "#/$defs/no"}, 1, "the schema refers to /$defs/no, which is not in it: nothing is fetched"),
    ],
)
def test_what_is_wrong_is_told(project: moonwit.Project, schema: Any, value: Any, message: str) -> None:
    """The place in the value, what was expected, and what is there."""
    found = project.call("t:check", "validate", schema, value)
    assert (found["valid"], found["kind"], found["message"]) == (False, "Invalid", f"json.validate: {message}")


def test_all_mistakes_are_in_the_details(project: moonwit.Project) -> None:
    """Up to twenty, each with path, message and keyword."""
    found = project.call("t:check", "validate", USER, {"name": "", "email": "no", "age": -1})
    assert [(each["path"], each["keyword"]) for each in found["details"]] == [
        ("age", "minimum"),
        ("email", "format"),
        ("name", "minLength"),
    ]
    assert found["message"].endswith("(and 2 more, in the details)")
    many = project.call("t:check", "validate", {"items": {"type": "string"}}, list(range(100)))
    assert len(many["details"]) == 20


def test_nothing_is_fetched(project: moonwit.Project) -> None:
    """A schema elsewhere is not asked for, though a server is there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/schema.json"
        assert f"refers to {url}, which is not in it" in project.call("t:check", "validate", {"$ref": url}, 1)["message"]
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_schema_that_explodes_ends_at_the_limit(project: moonwit.Project) -> None:
    """A schema of a few lines can ask for work without end: the caller's limit counts."""
    levels = {f"l{i}": {"anyOf": [{"allOf": [{"$ref": f"#/$defs/l{i + 1}"}, False]}] * 4} for i in range(40)}
    schema = {"$ref": "#/$defs/l0", "$defs": {**levels, "l40": {"type": "string"}}}
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:slow", schema)
    assert problem.value.kind == "Timeout"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[1, "x"]', "[2]: expected an integer, got a string"),
        ("[1,", "the value is not JSON: line 1, column 4: expecting value"),
        ('{"a": 1, "a": 2}', 'the value has the key "a" twice'),
        ("[" * 100_000, "the value is nested more than 128 levels deep"),
        (b"\xff", "the value is not UTF-8"),
    ],
)
def test_values_as_json(project: moonwit.Project, text: Any, message: str) -> None:
    """Text that is not JSON is told with its place."""
    found = project.call("t:check", "validate_string", {"type": ["array", "object"], "items": {"type": "integer"}}, text)
    assert (found["valid"], found["message"]) == (False, f"json.validate_string: {message}")
    assert project.call("t:check", "validate_string", {"type": "object"}, "{}")["valid"] is True


def test_null_may_be_nil(project: moonwit.Project) -> None:
    """Objects have no such field then."""
    assert project.call("t:nil", '{"a": null, "b": [1, {"c": null, "d": 2}]}') == ['{"b":[1,{"d":2}]}'] * 2
