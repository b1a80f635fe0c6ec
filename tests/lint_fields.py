"""Finds fields of Lua structures that no class declares, where the annotations don't tell what a variable is: names do.

The structures of the call path (TYPED) are classes of LuaCATS, and a structure has one name everywhere. What a variable is follows from
`---@param` and `---@type`, else from its name. A constructor, a table behind `---@type` or returned as `---@return` says, lists all fields
of such a structure, so that they stand in one place.

Run: python tests/lint_fields.py [FILE...]; prints file:line: sentence per finding and exits 1 when there is one. luaparser reads the files.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from luaparser import ast, astnodes

ROOT = Path(__file__).parents[1]

# What luaparser does not know of LuaJIT: 64-bit number suffixes; and it wants parentheses around a bare `...`.
SUFFIX = re.compile(r"\b(0x[0-9a-fA-F]+|\d+)U?LL\b")


# What a variable is called -> the class that it is of.
TYPED = {"instance": "Instance", "plan": "Plan", "target": "Target", "binding": "Binding", "task": "Task", "import": "Import"}

Classes = dict[str, dict[str, str]]  # class -> field -> what the field is

CLASS = re.compile(r"^---@class ([\w.]+)(?:\s*:\s*([\w.]+))?")
FIELD = re.compile(r"^---@field (\w+)\??\s+(\S+)")
ANNOTATION = re.compile(r"^\s*---@(?:param (\w+)\??|(type|return))\s+([\w.|]+)")


def classes_of(texts: list[str]) -> Classes:
    """Gives the classes that files declare; one that follows another has its fields too."""
    found: Classes = {}
    above: dict[str, str] = {}
    for text in texts:
        fields: dict[str, str] = {}
        for line in text.splitlines():
            if match := CLASS.match(line):
                fields = found.setdefault(match[1], {})
                if match[2]:
                    above[match[1]] = match[2]
            elif match := FIELD.match(line):
                fields[match[1]] = match[2]
            elif line.startswith("---@field ["):
                fields["*"] = "any"  # whoever has one puts into it what they like
    for name, parent in above.items():
        found[name] = found.get(parent, {}) | found[name]
    return found


class Scope:
    def __init__(self, parent: Scope | None) -> None:
        self.parent = parent
        self.types: dict[str, str] = {}

    def find(self, name: str) -> str:
        """Gives what a variable is, '' where that is not known."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.types:
                return scope.types[name]
            scope = scope.parent
        return ""


class Linter:
    """Walks one file's syntax tree with the scopes of Lua."""

    def __init__(self, lines: list[str], classes: Classes) -> None:
        self.lines, self.classes = lines, classes
        self.returned = ""  # the class that the function around gives
        self.found: list[tuple[int, str]] = []
        self.scope = Scope(None)
        self.line = 0  # of the statement that is looked at: luaparser gives some names no place

    def annotations(self, line: int) -> dict[str, str]:
        """Gives the classes that comments right above a line name, by parameter, and by `type` and `return`."""
        found: dict[str, str] = {}
        while 1 < line <= len(self.lines) + 1 and self.lines[line - 2].lstrip().startswith("--"):
            line -= 1
            if match := ANNOTATION.match(self.lines[line - 1]):
                found[match[1] or match[2]] = match[3]
        return found

    def fields_of(self, type: str) -> dict[str, str] | None:
        """Gives the fields that a type has, of several classes all, or None where that is not known."""
        parts = [part for part in type.removesuffix("?").split("|") if part != "nil"]
        if not parts or not all(part in self.classes for part in parts):
            return None
        return {name: type for part in parts for name, type in self.classes[part].items()}

    def type_of(self, node: Any) -> str:
        """Gives what a name or a field of one is, '' when it is not known."""
        if isinstance(node, astnodes.Name):
            return self.scope.find(node.id)
        if isinstance(node, astnodes.Index) and getattr(node.notation, "name", "") == "DOT":
            return (self.fields_of(self.type_of(node.value)) or {}).get(node.idx.id, "")
        return ""

    def check_field(self, type: str, field: str, line: int) -> None:
        fields = self.fields_of(type)
        if fields is not None and field not in fields and "*" not in fields:
            self.found.append((line, f"the class {type} declares no field '{field}'"))

    def check_table(self, type: str, node: Any) -> None:
        """Looks at a table that makes a structure: it has the fields of the class, and no other."""
        fields = self.fields_of(type)
        if fields is None or not isinstance(node, astnodes.Table) or not node.fields:
            return
        line = line_of(node) or self.line
        listed = {field.key.id for field in node.fields if isinstance(field.key, astnodes.Name) and not field.between_brackets}
        for field in sorted(listed):
            self.check_field(type, field, line)
        if type in TYPED.values() and (missing := sorted(set(fields) - listed)):
            self.found.append((line, f"the constructor of {type} does not list {', '.join(missing)}"))

    def declare(self, name: Any, type: str = "") -> None:
        self.scope.types[name.id] = type or TYPED.get(name.id, "")

    def function(self, node: Any, names: Any) -> None:
        """Visits the body of a function with its parameters."""
        given = self.annotations(line_of(node) or self.line)
        around, self.returned = self.returned, given.get("return", "")
        self.block(node.body, names, given)
        self.returned = around

    def block(self, body: Any, names: Any = (), types: dict[str, str] | None = None) -> None:
        self.scope = Scope(self.scope)
        for name in names:
            if isinstance(name, astnodes.Name):
                self.declare(name, (types or {}).get(name.id, ""))
        for statement in body.body if isinstance(body, astnodes.Block) else body:
            self.visit(statement)
        assert self.scope.parent is not None
        self.scope = self.scope.parent

    def visit(self, node: Any) -> None:
        self.line = line_of(node) if isinstance(node, astnodes.Statement) else self.line
        match node:
            case None | str() | int() | float() | bool():
                return
            case list() | tuple():
                for item in node:
                    self.visit(item)
            case astnodes.Name():
                return
            case astnodes.LocalAssign():
                self.visit(node.values)
                type = self.annotations(self.line).get("type", "")
                self.check_table(type, node.values[0] if node.values else None)
                for target in node.targets:
                    # A module may be called as what it makes.
                    is_module = "require" in {getattr(getattr(value, "func", None), "id", "") for value in node.values}
                    self.declare(target, "-" if is_module else type)
            case astnodes.LocalFunction():
                self.declare(node.name, "-")
                self.function(node, node.args)
            case astnodes.Return():
                self.visit(node.values)
                self.check_table(self.returned, node.values[0] if node.values else None)
            case astnodes.Method():
                self.visit(node.source)
                self.function(node, [astnodes.Name("self"), *node.args])
            case astnodes.Function():
                self.function(node, node.args)
            case astnodes.AnonymousFunction():
                self.function(node, node.args)
            case astnodes.Fornum():
                self.visit([node.start, node.stop, node.step])
                self.block(node.body, [node.target])
            case astnodes.Forin():
                self.visit(node.iter)
                self.block(node.body, node.targets)
            case astnodes.Repeat():
                # The condition sees the body's locals.
                self.block([*node.body.body, node.test])
            case astnodes.Do() | astnodes.While():
                self.visit(getattr(node, "test", None))
                self.block(node.body)
            case astnodes.If() | astnodes.ElseIf():
                self.visit(node.test)
                self.block(node.body)
                if isinstance(node.orelse, astnodes.Block):
                    self.block(node.orelse)
                else:
                    self.visit(node.orelse)
            case astnodes.Index():
                self.visit(node.value)
                if getattr(node.notation, "name", "") == "SQUARE":
                    self.visit(node.idx)
                else:
                    self.check_field(self.type_of(node.value), node.idx.id, line_of(node.idx) or self.line)
            case astnodes.Field():
                if node.between_brackets:
                    self.visit(node.key)
                self.visit(node.value)
            case astnodes.Invoke():
                self.visit([node.source, node.args])
            case astnodes.Label() | astnodes.Goto():
                return
            case astnodes.Node():
                for value in vars(node).values():
                    if isinstance(value, (astnodes.Node, list)) and not is_comment(value):
                        self.visit(value)


def is_comment(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], astnodes.Comment)


def line_of(node: Any) -> int:
    return node.first_token.line if node.first_token is not None else 0


def lint(text: str, classes: Classes | None = None) -> Iterator[tuple[int, str]]:
    """Gives line and sentence of each finding; ``classes`` are those that the file knows besides its own."""
    linter = Linter(text.splitlines(), (classes or {}) | classes_of([text]))
    try:
        tree = ast.parse(SUFFIX.sub(r"\1", text))
    except Exception as problem:  # luaparser raises whatever its grammar runs into
        yield 0, f"luaparser can't read the file: {problem}"
        return
    linter.block(tree.body)
    yield from sorted(linter.found)


def main(arguments: list[str]) -> int:
    files = [Path(name) for name in arguments] or sorted(p for room in ("lua", "stdlib") for p in (ROOT / room).rglob("*.lua"))
    count = 0
    classes = classes_of([path.read_text() for path in sorted((ROOT / "lua").rglob("*.lua"))])
    for path in files:
        for line, sentence in lint(path.read_text(), classes):
            count += 1
            print(f"{path}:{line}: {sentence}")
    print(f"{len(files)} Lua files, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
