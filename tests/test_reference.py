"""The documentation is complete: what can be written in a command line, a registry file or a script has its place in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from moonwit.commands import COMMANDS
from moonwit.commands.help import page
from moonwit.kinds import KINDS
from moonwit.registry.reading.json_schema import json_schema
from moonwit.stubs import docs
from tests import reference

ROOT = reference.ROOT
PAGES = sorted(reference.DOCS.rglob("*.md"))


def text(name: str) -> str:
    return (reference.DOCS / name).read_text(encoding="utf-8")


def test_what_is_made_is_up_to_date():
    """Modules, help texts and sources of guests on the pages are those of the code: else run python tests/reference.py."""
    assert text("modules.md") == reference.modules()
    assert text("moonwit.1") == reference.manual()
    for path in PAGES:
        written = path.read_text(encoding="utf-8")
        assert written == reference.filled(written), path


def test_every_command_and_option():
    """Each command has its help on the page of commands, and each option that a command's code names is in its help."""
    commands = text("commands.md")
    for name, command in COMMANDS.items():
        assert page(name) in commands
        source = (ROOT / f"{command.module.replace('.', '/')}.py").read_text(encoding="utf-8")
        read = "\n".join(re.findall(r".*\b(?:read|flag|leading)\(.*", source))
        for option in re.findall(r"\"(--[a-z][a-z-]+)\"", read):
            assert option in page(name), f"moonwit {name}: {option}"


def test_every_name_of_a_module():
    """Each module, class, function and constant of the annotations is in the reference."""
    modules = text("modules.md")
    for doc in docs().values():
        name = f"### {doc.name}\n" if doc.kind == "class" else f"## {doc.name}\n" if doc.kind == "module" else f"`{doc.signature}`"
        assert name in modules or (doc.kind == "module" and doc.text in modules), doc.name


def fields(schema: object) -> Iterator[str]:
    """Gives the names of the fields in a JSON Schema, however deep."""
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from fields(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from fields(value)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_kind_and_field_of_the_registry(kind):
    """Each kind of entry and each of its fields is named on a page that is written by hand."""
    whole = "\n".join(path.read_text(encoding="utf-8") for path in PAGES if path.name not in ("modules.md", "rooms.md"))
    wanted = {kind.name} | set(fields(json_schema([kind])))
    family = re.sub(r"[^.]+$", "*", kind.name)
    missing = {name for name in wanted if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", whole)}
    assert missing - ({kind.name} if f"`{family}`" in whole else set()) == set()


def test_every_kind_of_error():
    """Each constant of `errors` has its kind on the page for troubleshooting."""
    source = (ROOT / "lua/values/errors.lua").read_text(encoding="utf-8")
    kinds = re.findall(r"^\s+[A-Z_]+ = '(\w*)',", source, re.MULTILINE)
    assert len(kinds) >= 10
    for kind in kinds:
        assert f'`{kind or chr(34) * 2}`' in text("troubleshooting.md"), kind


def test_every_page_is_in_the_navigation():
    """mkdocs.yml lists each page once, and no other."""
    listed = re.findall(r": ([\w/]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(str(path.relative_to(reference.DOCS)) for path in PAGES)


def test_the_readme_is_short():
    """It has at most 150 lines, and its second block of commands runs the tests."""
    readme = Path(ROOT, "README.md").read_text(encoding="utf-8")
    assert readme.count("\n") <= 150
    assert "pytest" in re.findall(r"^```sh\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)[1]
    for link in re.findall(r"\]\(([\w/.]+)\)", readme):
        assert (ROOT / link).exists(), link


def test_sentences_of_errors_are_those_of_the_code():
    """What stands in the table of sentences is what some code says."""
    table = text("troubleshooting.md").partition("## By sentence")[2].partition("\n## ")[0]
    code = "\n".join(
        path.read_text(encoding="utf-8") for room in ("registry", "host", "lua", "stdlib", "moonwit") for path in (ROOT / room).rglob("*.*")
        if path.suffix in (".py", ".lua")
    )  # fmt: skip
    sentences = [part for row in re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE) for part in re.findall(r"`(.*?)`", row)]
    assert len(sentences) > 12
    for sentence in sentences:
        words = [part.strip() for part in re.split(r"\b[A-Z]{4,}\b(?!_)", sentence)]
        assert all(part in code for part in words), sentence
