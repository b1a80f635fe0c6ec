"""A YAML file as a tree of nodes: safe, bounded, and with every problem at its line and column.

The parser's events are composed here, without recursion: PyYAML's own composers recurse once per level, and its
constructors make Python objects.
"""

import re
from itertools import islice
from pathlib import Path
from typing import Any

from moonwit.registry.document import BREAK, Document
from moonwit.registry.names import shown
from moonwit.registry.nodes import Listing, Mapping, Node, Scalar, seen
from moonwit.registry.problems import Problem, Problems

MAX_DEPTH = 64
MAX_NODES = 100_000  # with aliases counted as what they stand for
MAX_TAG_DIRECTIVES = 16  # libyaml compares each with all before it

_DEEP = f"values are nested more than {MAX_DEPTH} levels deep"
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG_DIRECTIVE = re.compile(r"^%TAG", re.MULTILINE)
_STANDARD = "tag:yaml.org,2002:"
_SCALAR_TAGS = {"str", "int", "float", "bool", "null"}

# What libyaml says, and what it means for whoever wrote the file.
_SYNTAX = (
    ("mapping values are not allowed", "a second `:` can't stand here", "put text that holds `: ` in quotes, or check the indentation"),
    ("cannot start any token", "this character can't begin a value", "put text that begins with it in quotes"),
    ("found a tab character", "a tab can't indent YAML", "indent with spaces"),
    ("could not find expected ':'", "a key without `: `", "write `key: value`, or check the indentation"),
    ("did not find expected key", "a key was expected here", "check the indentation and the quotes above"),
    ("did not find expected '-' indicator", "a list item (`- `) was expected here", "check the indentation"),
    ("did not find expected ',' or ']'", "a list in brackets is not closed", "add the missing `,` or `]`"),
    ("did not find expected ',' or '}'", "a mapping in braces is not closed", "add the missing `,` or `}`"),
    ("found unexpected end of stream", "a quoted text is not closed", "add the missing quote"),
    ("found unexpected document indicator", "a quoted text is not closed", "add the missing quote"),
    ("found unknown escape character", "an unknown escape in double quotes", "write a backslash as `\\\\`, or use single quotes"),
    ("block sequence entries are not allowed", "a list item can't stand here", "begin the list on a line of its own"),
    ("did not find expected node content", "a value was expected here", None),
    ("did not find expected alphabetic or numeric character", "`*` and `&` begin an alias or an anchor", "put the text in quotes"),
    ("did not find expected <document start>", "the file ends here, but more follows", "check the indentation"),
    ("found undefined tag handle", "an undefined tag handle", "put text that begins with `!` in quotes"),
    ("found incompatible YAML document", "only YAML 1.1 and 1.2 are read", None),
)


def compose(path: Path, text: str, problems: Problems) -> Document:
    """Reads YAML text; `root` stays None when it is empty or can't be read."""
    document = Document(path, text)
    if (forbidden := _FORBIDDEN.search(text)) is not None:
        before = BREAK.split(text[: forbidden.start()])
        sentence = f"the character U+{ord(forbidden[0]):04X} is not allowed in YAML"
        hint = f'write it as "\\x{ord(forbidden[0]):02x}" in double quotes' if ord(forbidden[0]) < 256 else None
        problems.add(document.problem_at(len(before), len(before[-1]) + 1, sentence, hint))
        return document
    if (directive := next(islice(_TAG_DIRECTIVE.finditer(text), MAX_TAG_DIRECTIVES, None), None)) is not None:
        line = len(BREAK.split(text[: directive.start()]))
        problems.add(document.problem_at(line, 1, f"there are more than {MAX_TAG_DIRECTIVES} `%TAG` directives", "leave them out"))
        return document
    try:
        document.root = _Composer(document, problems).compose()
    except _Stop as stop:
        problems.add(stop.problem)
    return document


class _Stop(Exception):
    """Ends the reading of one file; its content causes it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


class _Composer:
    """Builds the tree from the parser's events with a stack of its own."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self.document = document
        self.problems = problems
        self.anchors: dict[str, Node] = {}
        self.sizes: dict[int, tuple[int, int]] = {}  # of anchored collections: nodes in it, levels below it
        self.count = 0
        self.stack: list[tuple[Listing | Mapping, Scalar | None, int, bool]] = []  # with its pending key, the count before, anchored
        self.height = [0]  # levels below each collection on the stack

    def compose(self) -> Node | None:
        """Composes the one document of the file."""
        import yaml

        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        root: Node | None = None
        documents = 0
        try:
            for event in yaml.parse(self.document.text, Loader=loader):
                if isinstance(event, yaml.ScalarEvent):
                    node: Node | None = self.scalar(event)
                elif isinstance(event, yaml.AliasEvent):
                    node = self.alias(event)
                elif isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
                    self.open(event, isinstance(event, yaml.MappingStartEvent))
                    continue
                elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
                    node = self.close(event)
                else:
                    if isinstance(event, yaml.DocumentStartEvent):
                        documents += 1
                        if documents > 1:
                            raise self.stop(event, "a file holds one YAML document", "put what follows `---` into a file of its own")
                    continue
                if not self.stack:
                    root = node
                else:
                    self.put(node)
        except yaml.MarkedYAMLError as error:
            raise _Stop(self.syntax(error)) from error
        except yaml.YAMLError as error:
            raise _Stop(self.document.problem_at(1, 1, f"this is not YAML: {' '.join(str(error).split())}")) from error
        return root

    def stop(self, event: Any, sentence: str, hint: str | None = None) -> _Stop:
        return _Stop(self.document.problem_at(event.start_mark.line + 1, event.start_mark.column + 1, sentence, hint))

    def syntax(self, error: Any) -> Problem:
        """Words a syntax error; where something is left open, it points at its beginning."""
        text = error.problem or "can't be read"
        sentence, hint = f"this is not YAML: {text}", None
        for said, meaning, advice in _SYNTAX:
            if said in text:
                sentence, hint = f"this is not YAML: {meaning}", advice
                break
        if "maximum nesting depth" in text:  # libyaml 0.2.6 and newer have a limit of their own, and may read ahead to it
            sentence = _DEEP
        mark = error.problem_mark or error.context_mark
        if "end of stream" in text or "document indicator" in text or "or ']'" in text or "or '}'" in text:
            mark = error.context_mark or mark
        if mark is None:
            return self.document.problem_at(1, 1, sentence, hint)
        line, column, lines = mark.line, mark.column, self.document.lines
        if "cannot start any token" in text and lines[line][column : column + 1] == "\t":
            sentence, hint = "this is not YAML: a tab can't indent YAML", "indent with spaces"
        if not any(rest.strip() for rest in lines[line:]):  # nothing follows: show the end of what is there
            while line > 0 and (line >= len(lines) or not lines[line].strip()):
                line -= 1
            column = len(lines[line].rstrip())
        return self.document.problem_at(line + 1, column + 1, sentence, hint)

    def spend(self, event: Any, nodes: int = 1) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            raise self.stop(event, f"the file holds more than {MAX_NODES} values, aliases counted as what they stand for")

    def scalar(self, event: Any) -> Scalar:
        self.spend(event)
        tag = self.tag(event, scalar=True)
        start, end = event.start_mark, event.end_mark
        style = event.style or None
        if _SURROGATE.search(event.value):
            raise self.stop(event, "a text holds half of a surrogate pair, which is not a character")
        node = Scalar(start.line + 1, start.column + 1, end.line + 1, end.column + 1, tag, event.value, style)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def tag(self, event: Any, scalar: bool) -> str | None:
        """Gives the short name of an explicit tag; only those of plain data are known."""
        tag = event.tag
        if tag is None:
            return None
        if tag == "!":
            return "str" if scalar else None
        name = tag.removeprefix(_STANDARD)
        if name != tag and (name in _SCALAR_TAGS if scalar else name in ("seq", "map")):
            return name if scalar else None
        sentence = f"the tag {shown('!!' + name if name != tag else tag)} is not read"
        self.problems.add(self.stop(event, sentence, "only plain YAML is: leave the tag out").problem)
        return "str"

    def alias(self, event: Any) -> Node:
        node = self.anchors.get(event.anchor)
        if node is None:
            raise self.stop(event, f"`*{event.anchor}` refers to an anchor that is not above it", f"define it with `&{event.anchor}`")
        if isinstance(node, Scalar):
            self.spend(event)
            return node
        if id(node) not in self.sizes:
            raise self.stop(event, f"`*{event.anchor}` stands inside what it refers to")
        nodes, height = self.sizes[id(node)]
        self.spend(event, nodes)
        if len(self.stack) + height > MAX_DEPTH:
            raise self.deep(event)
        self.height[-1] = max(self.height[-1], height)
        return node

    def deep(self, event: Any) -> _Stop:
        return self.stop(event, _DEEP)

    def open(self, event: Any, mapping: bool) -> None:
        self.spend(event)
        if len(self.stack) >= MAX_DEPTH:
            raise self.deep(event)
        self.tag(event, scalar=False)
        start = event.start_mark
        place = (start.line + 1, start.column + 1, start.line + 1, start.column + 1, None, bool(event.flow_style))
        node: Listing | Mapping = Mapping(*place, []) if mapping else Listing(*place, [])
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        self.stack.append((node, None, self.count - 1, event.anchor is not None))
        self.height.append(0)

    def close(self, event: Any) -> Node:
        node, _, before, anchored = self.stack.pop()
        height = self.height.pop() + 1
        self.height[-1] = max(self.height[-1], height)
        node.end_line, node.end_column = event.end_mark.line + 1, event.end_mark.column + 1
        if anchored:
            self.sizes[id(node)] = (self.count - before, height)
        if isinstance(node, Mapping):
            self.settle(node)
        return node

    def put(self, node: Node | None) -> None:
        """Puts a finished node into the collection that is open."""
        parent, key, before, anchored = self.stack[-1]
        assert node is not None
        if isinstance(parent, Listing):
            parent.items.append(node)
        elif key is None:
            if not isinstance(node, Scalar):
                hint = "put the text in quotes if it begins with `{` or `[`"
                raise _Stop(self.document.problem(node, f"expected a name as the key, got {seen(node)}", hint))
            self.stack[-1] = (parent, node, before, anchored)
        else:
            parent.pairs.append((key, node))
            self.stack[-1] = (parent, None, before, anchored)

    def settle(self, mapping: Mapping) -> None:
        """Merges `<<` and reports keys that are there twice."""
        pairs: dict[str, tuple[Scalar, Node]] = {}
        merged: list[Mapping] = []
        for key, value in mapping.pairs:
            if key.text == "<<" and key.plain:
                sources = value.items if isinstance(value, Listing) else [value]
                for source in sources:
                    if isinstance(source, Mapping):
                        merged.append(source)
                    else:
                        sentence = f"`<<`: expected a mapping to merge, got {seen(source)}"
                        self.problems.add(self.document.problem(key, sentence, "write `<<: *anchor`"))
            elif (first := pairs.get(key.text)) is not None:
                sentence = f"the key {shown(key.text)} is already there in line {first[0].line}"
                self.problems.add(self.document.problem(key, sentence, "keep one of them"))
            else:
                pairs[key.text] = (key, value)
        for source in merged:
            for key, value in source.pairs:
                pairs.setdefault(key.text, (key, value))
        mapping.pairs = list(pairs.values())
