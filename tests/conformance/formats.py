"""Holds the readers of data formats against the public test suites of the formats.

    python tests/conformance/formats.py FOLDER [SUITE...]

FOLDER holds checkouts of github.com/yaml/yaml-test-suite, github.com/toml-lang/toml-test, github.com/maxogden/csv-spectrum and
github.com/json-schema-org/JSON-Schema-Test-Suite under their names: fetch them into `tests/conformance/suites`, which git ignores.
For each suite it prints how many cases pass, and each that does not.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from moonwit.host.values.intermediate import NONE
from moonwit.stdlib.tasks import toml, yaml_reader
from moonwit.stdlib.tasks.problem import DataProblem

# A case: its name, and what is wrong with what was read, or None.
Case = tuple[str, str | None]


def plain(value: Any) -> Any:
    """What JSON would say of a value of the intermediate model."""
    if isinstance(value, dict):
        return {key.decode(): plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return None if value is NONE else value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else value


def same(found: Any, wanted: Any) -> bool:
    """Whether both are equal; an empty table is both a list and a mapping."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if wanted in ({}, []):
        return found in ({}, [])
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def told(read: Callable[[], Any], wanted: Any, fails: bool) -> str | None:
    """What is wrong with what `read` gives or raises."""
    try:
        found = read()
    except DataProblem as problem:
        return None if fails else f"refused: {problem.message}"
    if fails:
        return "is to be refused, and was read"
    return None if same(found, wanted) else f"got {str(found)[:100]}, expected {str(wanted)[:100]}"


def yaml_cases(folder: Path) -> Iterator[Case]:
    """What has JSON beside it has to mean the same; what is marked as a failure has to be refused."""
    marks = {"␣": " ", "—": "", "»": "\t", "↵": "", "∎\n": "", "←": "\r", "⇔": "\ufeff"}
    decoder = json.JSONDecoder()
    for path in sorted((folder / "src").glob("*.yaml")):
        before: dict[str, Any] = {}
        for number, case in enumerate(yaml.safe_load(path.read_text(encoding="utf-8"))):
            fails = "fail" in case
            case = before = {**before, **case}
            source = case["yaml"]
            for mark, meant in marks.items():
                source = source.replace(mark, meant)
            text = case.get("json")
            if text is None and not fails:
                continue
            wanted, at = [], 0
            text = "" if fails else text.strip()
            while at < len(text):
                value, at = decoder.raw_decode(text, at)
                wanted.append(value)
                at += len(text[at:]) - len(text[at:].lstrip())

            def read(source: str = source) -> Any:
                return plain(yaml_reader.decode_all(source.encode()))

            yield f"{path.stem}-{number:02d}", told(read, wanted, fails)


def toml_value(value: Any) -> Any:
    """What a value of the suite's JSON with types stands for."""
    if isinstance(value, list):
        return [toml_value(each) for each in value]
    if value.keys() != {"type", "value"} or not isinstance(value["value"], str):
        return {key: toml_value(each) for key, each in value.items()}
    kind, text = value["type"], value["value"]
    if kind in ("integer", "float"):
        return "nan" if text in ("nan", "-nan", "+nan") else int(text) if kind == "integer" else float(text)
    return text == "true" if kind == "bool" else text if kind == "string" else Moment(text)


class Moment(str):
    """A date or time, which is equal to what says the same with more or fewer digits of a second."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        import tomllib

        return isinstance(other, str) and tomllib.loads(f"a = {self}") == tomllib.loads(f"a = {other}")


def without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nan(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_nan(each) for each in value]
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def toml_cases(folder: Path) -> Iterator[Case]:
    """The files of TOML 1.0."""
    for name in (folder / "tests" / "files-toml-1.0.0").read_text().split():
        if not name.endswith(".toml"):
            continue
        path = folder / "tests" / name
        fails = name.startswith("invalid/")
        wanted = None if fails else toml_value(json.loads(path.with_suffix(".json").read_text(encoding="utf-8")))
        yield name, told(lambda path=path: without_nan(plain(toml.decode(path.read_bytes()))), wanted, fails)


def csv_cases(folder: Path) -> Iterator[Case]:
    """Each file as rows with the names of its header, which the JSON beside it has; Lua reads it."""
    import tempfile

    import moonwit

    script = "return function(text) return csv.decode(text, {header = true}) end"
    index = f"namespace: t\nentries: [{{name: read, kind: function.lua, modules: [csv], source: '{script}'}}]\n"
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "_index.yaml").write_text(f'version: "1.0"\n{index}')
        with moonwit.open(place) as project:
            for path in sorted((folder / "csvs").glob("*.csv")):
                wanted = json.loads((folder / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
                found = project.call("t:read", path.read_bytes())
                yield path.stem, None if same(found, wanted) else f"got {found}, expected {wanted}"


DRAFTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}


def schema_cases(folder: Path) -> Iterator[Case]:
    """The tests that each draft requires; schemas elsewhere, which are never fetched, are those of the suite."""
    from jsonschema_specifications import REGISTRY
    from referencing.jsonschema import specification_with

    from moonwit.stdlib.tasks import json as schemas

    for draft, url in DRAFTS.items():
        remotes = folder / "remotes"
        found = []
        for path in sorted(remotes.rglob("*.json")):
            where = path.relative_to(remotes).as_posix()
            if where.split("/")[0] in (draft, *(part for part in [where.split("/")[0]] if not part.startswith("draft"))):
                contents = json.loads(path.read_text(encoding="utf-8"))
                wanted = contents.get("$schema", url) if isinstance(contents, dict) else url
                if draft == "draft4" and isinstance(contents, bool):
                    continue  # no schema of that draft
                known = specification_with(wanted if wanted in DRAFTS.values() else url)
                found.append((f"http://localhost:1234/{where}", known.create_resource(contents)))
        registry = REGISTRY.with_resources(found)
        for path in sorted((folder / "tests" / draft).glob("*.json")):
            for group in json.loads(path.read_text(encoding="utf-8")):
                schema = group["schema"]
                if isinstance(schema, dict):
                    schema = {"$schema": url, **schema}
                for test in group["tests"]:
                    name = f"{draft}/{path.stem}: {group['description']}: {test['description']}"
                    try:
                        checks = schemas.validator.__wrapped__(json.dumps(schema), False, registry)
                        valid = next(checks.iter_errors(test["data"]), None) is None
                    except Exception as error:
                        yield name, f"{type(error).__name__}: {error}"
                    else:
                        yield name, None if valid == test["valid"] else f"expected {test['valid']}"


SUITES: dict[str, Callable[[Path], Iterator[Case]]] = {
    "yaml-test-suite": yaml_cases,
    "toml-test": toml_cases,
    "csv-spectrum": csv_cases,
    "JSON-Schema-Test-Suite": schema_cases,
}


def main() -> None:
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(SUITES)
    for name in names:
        cases = list(SUITES[name](folder / name))
        wrong = [case for case in cases if case[1] is not None]
        print(f"{name}: {len(cases) - len(wrong)} of {len(cases)} pass")
        for case, sentence in wrong:
            print(f"  {case}: {sentence}")


if __name__ == "__main__":
    main()
