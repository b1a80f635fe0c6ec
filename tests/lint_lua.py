"""Lints the Lua files: names that are defined nowhere, globals that are set, locals that nothing reads.

Run: python tests/lint_lua.py [FILE...]; prints file:line: sentence per finding and exits 1 when there is one. luaparser reads the
files; `-- luacheck: ignore` at the end of a line silences it, as it does for luacheck.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from luaparser import ast, astnodes

ROOT = Path(__file__).parents[1]

# Lua 5.1 and LuaJIT, plus what only files outside the sandbox use.
GLOBALS = set(
    """assert bit collectgarbage coroutine debug error getfenv getmetatable io ipairs jit load loadstring math module newproxy next os
    package pairs pcall print rawequal rawget rawset require select setfenv setmetatable string table tonumber tostring type unpack
    xpcall _G _VERSION""".split()
)

# What luaparser does not know of LuaJIT: 64-bit number suffixes; and it wants parentheses around a bare `...`.
SUFFIX = re.compile(r"\b(0x[0-9a-fA-F]+|\d+)U?LL\b")


class Scope:
    def __init__(self, parent: Scope | None) -> None:
        self.parent = parent
        self.names: dict[str, list[Any]] = {}

    def find(self, name: str) -> list[Any] | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


class Linter:
    """Walks one file's syntax tree with the scopes of Lua."""

    def __init__(self) -> None:
        self.found: list[tuple[int, str]] = []
        self.scope = Scope(None)
        self.line = 0  # of the statement that is looked at: luaparser gives some names no place

    def declare(self, name: Any, what: str) -> None:
        if name.id in self.scope.names:
            self.close_name(name.id, self.scope.names[name.id])
        self.scope.names[name.id] = [line_of(name) or self.line, what, 0]

    def read(self, name: Any) -> None:
        known = self.scope.find(name.id)
        if known is not None:
            known[2] += 1
        elif name.id not in GLOBALS:
            self.found.append((line_of(name), f"the name '{name.id}' is not defined"))

    def block(self, body: Any, names: Any = (), what: str = "") -> None:
        self.scope = Scope(self.scope)
        for name in names:
            if isinstance(name, astnodes.Name):
                self.declare(name, what)
        for statement in body.body if isinstance(body, astnodes.Block) else body:
            self.visit(statement)
        for name, use in self.scope.names.items():
            self.close_name(name, use)
        assert self.scope.parent is not None
        self.scope = self.scope.parent

    def close_name(self, name: str, use: list[Any]) -> None:
        line, what, reads = use
        # A parameter or a loop's variable may be there for its place alone.
        if not reads and what == "local" and not name.startswith("_"):
            self.found.append((line, f"the local '{name}' is never read"))

    def visit(self, node: Any) -> None:
        self.line = line_of(node) if isinstance(node, astnodes.Statement) else self.line
        match node:
            case None | str() | int() | float() | bool():
                return
            case list() | tuple():
                for item in node:
                    self.visit(item)
            case astnodes.Name():
                self.read(node)
            case astnodes.LocalAssign():
                self.visit(node.values)
                for target in node.targets:
                    self.declare(target, "local")
            case astnodes.LocalFunction():
                self.declare(node.name, "local")
                self.block(node.body, node.args, "parameter")
            case astnodes.Assign():
                self.visit(node.values)
                for target in node.targets:
                    if not isinstance(target, astnodes.Name):
                        self.visit(target)
                    elif self.scope.find(target.id) is None:
                        self.found.append((line_of(target), f"the global '{target.id}' is set"))
            case astnodes.Method():
                self.visit(node.source)
                self.block(node.body, [astnodes.Name("self"), *node.args], "parameter")
            case astnodes.Function():
                self.visit_function(node)
            case astnodes.AnonymousFunction():
                self.block(node.body, node.args, "parameter")
            case astnodes.Fornum():
                self.visit([node.start, node.stop, node.step])
                self.block(node.body, [node.target], "loop")
            case astnodes.Forin():
                self.visit(node.iter)
                self.block(node.body, node.targets, "loop")
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

    def visit_function(self, node: Any) -> None:
        if isinstance(node.name, astnodes.Name) and self.scope.find(node.name.id) is None:
            self.found.append((line_of(node.name), f"the global '{node.name.id}' is set"))
        elif not isinstance(node.name, astnodes.Name):
            self.visit(node.name)
        self.block(node.body, node.args, "parameter")


def is_comment(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], astnodes.Comment)


def line_of(node: Any) -> int:
    return node.first_token.line if node.first_token is not None else 0


def lint(text: str) -> Iterator[tuple[int, str]]:
    """Gives line and sentence of each finding."""
    linter = Linter()
    try:
        tree = ast.parse(SUFFIX.sub(r"\1", text))
    except Exception as problem:  # luaparser raises whatever its grammar runs into
        yield 0, f"luaparser can't read the file: {problem}"
        return
    linter.block(tree.body)
    lines = text.splitlines()
    for line, sentence in sorted(linter.found):
        if not (0 < line <= len(lines) and "luacheck: ignore" in lines[line - 1]):
            yield line, sentence


def main(arguments: list[str]) -> int:
    files = [Path(name) for name in arguments] or sorted(p for room in ("lua", "stdlib") for p in (ROOT / room).rglob("*.lua"))
    count = 0
    for path in files:
        for line, sentence in lint(path.read_text()):
            count += 1
            print(f"{path}:{line}: {sentence}")
    print(f"{len(files)} Lua files, {count} findings")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
