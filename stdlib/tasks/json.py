"""JSON Schema, by jsonschema: in a process apart, because a schema can ask for work without end.

Nothing is fetched: what a schema refers to is in it, or is one of the published drafts. Patterns are RE2's, which take linear time, where
jsonschema asks for Python's, which do not.
"""

from __future__ import annotations

import functools
import itertools
import json
from typing import Any

from moonwit.host.values import json_values
from moonwit.host.values.intermediate import Empty, Value
from moonwit.stdlib.tasks import text_regexp
from moonwit.stdlib.tasks.plain import plain
from moonwit.stdlib.tasks.problem import DataProblem, library

# How many mistakes of a value are told.
MOST = 20
# Formats that jsonschema checks by Python's own library; the others are not checked, as the drafts allow.
FORMATS = ("date", "email", "idn-email", "ipv4", "ipv6", "regex", "uuid")
_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems", "required", "enum", "examples", "type"))


class _Patterns:
    """What jsonschema asks of the module ``re``."""

    @staticmethod
    def search(pattern: str, text: str) -> Any:
        return text_regexp.compiled(pattern.encode()).search(text.encode("utf-8", "surrogatepass"))

    @staticmethod
    def compile(pattern: str) -> Any:
        return text_regexp.compiled(pattern.encode())


@functools.cache
def _library() -> Any:
    jsonschema = library("jsonschema", "JSON Schema")
    library("re2", "JSON Schema")
    for name in ("_keywords", "_legacy_keywords", "_utils"):
        module = library(f"jsonschema.{name}", "JSON Schema")
        if hasattr(module, "re"):
            module.re = _Patterns
    return jsonschema


def _checker(jsonschema: Any) -> Any:
    checker = jsonschema.FormatChecker(formats=[name for name in FORMATS if name in jsonschema.FormatChecker.checkers])
    # Python would compile what is not RE2's.
    checker.checkers["regex"] = (lambda text: not isinstance(text, str) or bool(_Patterns.compile(text)), DataProblem)
    return checker


def _schema(value: Any, name: str = "") -> Any:
    """Gives a schema in which an empty table is what stands there: a list for some keywords, else an object."""
    if isinstance(value, dict):
        return {key: _schema(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_schema(each) for each in value] if value or name in _LISTS else {}
    return value


def _or_empty(validator_types: Any) -> Any:
    """An empty table is both an array and an object."""
    return validator_types.redefine("object", lambda _, value: isinstance(value, (dict, Empty)))


@functools.lru_cache(maxsize=64)
def validator(schema: str, formats: bool = True, registry: Any = None) -> Any:
    """Makes what checks values by a schema, which is JSON; raises ``DataProblem`` for one that is not a schema."""
    jsonschema = _library()
    wanted = json.loads(schema)
    if not isinstance(wanted, (dict, bool)):
        raise DataProblem("the schema is not valid: expected a table, or true or false")
    draft = jsonschema.validators.validator_for(wanted, default=jsonschema.Draft202012Validator)
    try:
        draft.check_schema(wanted)
    except jsonschema.SchemaError as error:
        raise DataProblem(f"the schema is not valid: {_sentence(error, 'schema')}") from None
    except RecursionError:
        raise DataProblem("the schema is not valid: it is nested too deep") from None
    made = jsonschema.validators.extend(draft, type_checker=_or_empty(draft.TYPE_CHECKER))
    known = library("jsonschema_specifications", "JSON Schema").REGISTRY if registry is None else registry
    return made(wanted, registry=known, format_checker=_checker(jsonschema) if formats else None)


def validate(schema: Value, value: Value) -> Value:
    """Gives a list of what is wrong with a value; none for one that fits."""
    return _mistakes(_text(schema), _kept(value))


def validate_string(schema: Value, text: bytes) -> Value:
    """The same for a value as JSON; raises ``DataProblem``."""
    try:
        value = json_values.read(text.decode())
    except UnicodeDecodeError:
        raise DataProblem("the value is not UTF-8") from None
    except json_values.BadJson as error:
        raise DataProblem(f"the value {error}") from None
    except json.JSONDecodeError as error:
        raise DataProblem(f"the value is not JSON: line {error.lineno}, column {error.colno}: {error.msg.lower()}") from None
    return _mistakes(_text(schema), _kept(value))


def _text(schema: Value) -> str:
    if isinstance(schema, bytes):
        try:
            json.loads(schema)
            return schema.decode()
        except (ValueError, RecursionError):
            raise DataProblem("the schema is not valid: it is not JSON") from None
    # Sorted, so that mistakes have one order: tables of Lua have none.
    return json.dumps(_schema(plain(schema)), sort_keys=True)


def _kept(value: Value) -> Any:
    """Gives a value for checking, in which empty tables stay what they are."""
    if isinstance(value, Empty):
        return value
    if isinstance(value, dict):
        return {name.decode("utf-8", "replace") if isinstance(name, bytes) else name: _kept(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_kept(each) for each in value]
    return plain(value) if not isinstance(value, str) else value


def _mistakes(schema: str, value: Any) -> Value:
    from referencing.exceptions import Unresolvable

    checks = validator(schema)
    try:
        found = list(itertools.islice(checks.iter_errors(value), MOST))
    except Unresolvable as error:
        raise DataProblem(f"the schema refers to {str(error.ref)[:200]}, which is not in it: nothing is fetched") from None
    except RecursionError:
        raise DataProblem("the schema refers to itself without end, or the value is nested too deep") from None
    return [
        {b"path": _path(error).encode(), b"message": _sentence(error).encode("utf-8", "replace"), b"keyword": str(error.validator).encode()}
        for error in found
    ]


def _path(error: Any) -> str:
    """Names the place in the value, as Lua would."""
    steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in itertools.islice(error.absolute_path, 50))
    return "".join(steps).removeprefix(".")[:500]


_WORDS = {"object": "an object", "array": "an array", "integer": "an integer", "null": "null", "boolean": "a boolean"}


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a string" if isinstance(value, str) else "an object" if isinstance(value, dict) else "an array" if value else "an empty table"


def _sentence(error: Any, whole: str = "value") -> str:
    """Words one mistake."""
    place, wanted = _path(error) or whole, error.validator_value
    if error.validator == "type":
        names = wanted if isinstance(wanted, list) else [wanted]
        shown = " or ".join(_WORDS.get(name, f"a {name}") for name in names)
        return f"{place}: expected {shown}, got {_kind(error.instance)}"
    if error.validator == "required":
        missing = next((name for name in wanted if name not in error.instance), "?")
        return f"{place}: the field '{str(missing)[:100]}' is missing"
    return f"{place}: {error.message[:300]}"


TASKS = {"json.validate": validate, "json.validate_string": validate_string}
