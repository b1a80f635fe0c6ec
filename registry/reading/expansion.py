"""`${env:NAME}` and `file://` in the strings of a project."""

import os
import re
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from moonwit.registry.document import Document
from moonwit.registry.files import MAX_BYTES, MAX_PATH, Unreadable, inside, read_text
from moonwit.registry.names import meant, nearest, shown
from moonwit.registry.nodes import Expanded, Node, Scalar, focus
from moonwit.registry.positions import locate
from moonwit.registry.problems import Problem

FILE = "file://"
_ENV = re.compile(r"\$\{env:([^}|\n]*)(?:\|([^}]*))?(\}?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NOT_TEXT = re.compile("[\ud800-\udfff\0]")  # bytes of the environment that are not UTF-8 arrive as surrogates
_MAX_EXPANDED = 64 * 1024 * 1024  # of all substitutions in a project: a long variable used often must not fill the memory


class Expander:
    """Expands scalars, each once, and remembers the files it has read."""

    def __init__(self, root: Path, environ: Mapping[str, str]) -> None:
        self.root = root
        self.environ = environ
        self.texts: dict[Path, str] = {}
        self._left = _MAX_EXPANDED

    def expand(self, document: Document, node: Scalar, key: Scalar | None) -> Expanded | Problem | None:
        """Gives the expanded text, the problem with it, or None if that problem was given before."""
        if node.failed:
            return None
        if node.expanded is None:
            result = self._expand(document, node, key)
            if isinstance(result, Problem):
                node.failed = True
                return result
            node.expanded = result
        return node.expanded

    def _expand(self, document: Document, node: Scalar, key: Scalar | None) -> Expanded | Problem:
        text = node.text
        if "${env:" not in text and not text.startswith(FILE):
            return Expanded(text)
        edits: list[tuple[int, int, int]] = []
        parts: list[str] = []
        end = 0
        for match in _ENV.finditer(text):
            value = self._variable(document, node, match)
            if isinstance(value, Problem):
                return value
            parts += [text[end : match.start()], value]
            edits.append((match.start(), match.end(), len(value)))
            end = match.end()
            self._left -= len(value)
            if self._left < 0:
                return self._at(document, node, match.start(), "the variables put in here are too long together")
        expanded = "".join(parts) + text[end:]
        # Only what the author wrote names a file: a variable's value that looks like `file://` is just text.
        if text.startswith(FILE):
            return self._file(document, focus(node, key), expanded.strip(), text.strip())
        return Expanded(expanded, bool(edits), None, tuple(edits))

    def _variable(self, document: Document, node: Scalar, match: re.Match[str]) -> str | Problem:
        name, default, brace = match.groups()
        if not brace:
            return self._at(document, node, match.start(), "`${env:` is not closed", "write `${env:NAME}` or `${env:NAME|default}`")
        if not _VARIABLE.match(name):
            sentence = f"{shown(name)} is not a valid name of an environment variable"
            return self._at(document, node, match.start(), sentence, "write `${env:NAME}` or `${env:NAME|default}`")
        value = self.environ.get(name)
        if value is None:
            if default is not None:
                return str(default)
            hint = f"set it, or give a default: `${{env:{name}|...}}`"
            return self._at(document, node, match.start(), f"the environment variable {shown(name)} is not set", hint)
        if _NOT_TEXT.search(value):
            return self._at(document, node, match.start(), f"the environment variable {shown(name)} is not UTF-8 text")
        return value

    def _at(self, document: Document, node: Scalar, offset: int, sentence: str, hint: str | None = None) -> Problem:
        line, column = locate(document, node, offset)
        return document.problem_at(line, column, sentence, hint)

    def _file(self, document: Document, at: Node, url: str, written: str) -> Expanded | Problem:
        """Reads the file of an URL; sentences name it as it is ``written``, because a variable in it may hold a secret."""
        path = url[len(FILE) :]
        if not path.strip("/"):
            hint = "write `file://name`, relative to this file, or `file:///name`, relative to the project"
            return document.problem(at, "`file://` names no file", hint)
        if "\0" in path or "\n" in path or len(path) > MAX_PATH:
            return document.problem(at, f"{shown(written)} is not a path of a file")
        start = self.root if path.startswith("/") else document.path.parent
        wanted = Path(os.path.normpath(start / path.lstrip("/")))
        real = inside(self.root, start / path.lstrip("/"))
        if real is None:
            hint = "keep the file below the project folder"
            return document.problem(at, f"{shown(written)} leaves the project", hint)
        if real not in self.texts:
            try:
                self.texts[real] = read_text(real, MAX_BYTES)
            except Unreadable as error:
                name = os.path.relpath(wanted, self.root) if url == written else written[len(FILE) :]
                return document.problem(at, f"the file {shown(name)} {error.why}", self._hint(error, wanted))
        return Expanded(self.texts[real], True, wanted)

    def _hint(self, error: Unreadable, wanted: Path) -> str | None:
        if error.not_text and wanted.suffix == ".wasm":
            return "a binary is declared as `function.wasm` with `fs`, `path` and `hash`"
        if error.why == "does not exist":
            try:
                with os.scandir(wanted.parent) as found:
                    names = [entry.name for entry in islice(found, 1000)]
            except OSError:
                return None
            return meant(nearest(wanted.name, sorted(names)))
        return error.hint
