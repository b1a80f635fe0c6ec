"""Runs the commands of a test script (`.wast`) on the components of the script: instances are made, functions called, results compared.

What needs the harness of the suites, modules that it provides, is told apart: no host without it can run these.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import moonwit
from tests.conformance.wast import binary, forms, string, words

# The same trap in the suites' words and in ours; others have to be the same, or one to hold the other.
WORDS = {
    "cannot leave component instance": "cannot leave component instance",
    "unknown handle index": "unknown handle index",
    "used with the wrong type": "used with the wrong type",
    "cannot remove owned resource while borrowed": "cannot remove owned resource while borrowed",
}
# What the standard has otherwise: the end of the script's name and a part of the command, and why.
OTHERWISE = {
    ("adapter.wast", '(core func $f2 (canon lower (func $f1)))'): "a component may call what it lifts itself; Wasmtime has a trap there",
}
RUNS = frozenset({"assert_return", "assert_trap", "invoke", "assert_exhaustion"})


@dataclass
class Run:
    """What came of the commands of one script: how many did as the script says, and a line for each of the others."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)


@dataclass
class Made:
    """A component of the script, with an entry for each of its functions that is called; ``why`` says that it can't be."""

    entry: str
    data: bytes
    why: str = ""
    names: dict[str, str] = field(default_factory=dict)

    def function(self, name: str) -> str:
        """Gives the entry of a function."""
        return self.names.setdefault(name, f"{self.entry}-{len(self.names)}")


def run(script: str, where: str, folder: Path, verdict: Any) -> Run:
    """Runs all commands of a script, each instance an entry of one project in ``folder``."""
    done = Run()
    named: dict[str, str] = {}
    definitions: dict[str, str] = {}
    current: Made | None = None
    steps: list[tuple[int, str, Made | None, str]] = []
    entries: list[Made] = []

    def instance(text: str, name: str | None) -> Made:
        try:
            data = binary(probed(text))
        except Exception as error:
            return Made("", b"", f"text: {error}")
        outcome, sentence = verdict(data)
        made = Made(f"c{len(entries)}", data, "" if outcome == "planned" else sentence)
        entries.append(made)
        if name is not None:
            named[name] = made.entry
        return made

    made_by_name: dict[str, Made] = {}
    for start, end in forms(script):
        text = script[start:end]
        head = words(text)[1]
        line = script.count("\n", 0, start) + 1
        if head == "component":
            form = re.match(r"\(component\s*(definition|instance)?\s*(\$[^\s()]+)?\s*(\$[^\s()]+)?", text)
            assert form is not None
            if form[1] == "definition":
                definitions[form[2] or ""] = text
                continue
            source = definitions[form[3] or form[2] or ""] if form[1] == "instance" else text
            current = instance(source, form[2])
            if form[2]:
                made_by_name[form[2]] = current
            steps.append((line, "component", current, text))
        elif head in RUNS:
            inner = next((span for span in forms(text, 1, len(text) - 1) if text.startswith("(component", span[0])), None)
            if inner is not None:
                steps.append((line, "trap at start", instance(text[slice(*inner)], None), text))
                continue
            target = re.search(r"\(?invoke\s+(\$[^\s()]+)?", text)
            called = made_by_name.get(target[1]) if target and target[1] else current
            if called is not None:
                called.function(invoked(text))
            steps.append((line, head, called, text))
    for made in entries:
        made.function("moonwit-probe")
    write(folder, entries)
    lacking: set[int] = set()
    with moonwit.open(folder) as project:
        for line, head, made, text in steps:
            outcome = one(project, head, made, text)
            known = next((why for (script, part), why in OTHERWISE.items() if where.endswith(script) and part in text), None)
            if outcome.startswith("failed") and known is not None:
                outcome = f"otherwise by the standard: {known}"
            # What comes after a call of the harness that is not there is not what it should be.
            if outcome.startswith("harness"):
                lacking.add(id(made))
            elif id(made) in lacking and not outcome.startswith("passed"):
                outcome = f"harness: {outcome}"
            done.counts[outcome.split(":", 1)[0]] += 1
            if outcome != "passed":
                done.lines.append(f"{where}:{line}: {head}: {outcome}")
    return done


PROBE = """(type $moonwit-resource (resource (rep i32))) (core module $moonwit-module (func (export "f")))
(core instance $moonwit-instance (instantiate $moonwit-module))
(func (export "moonwit-probe") (canon lift (core func $moonwit-instance "f")))"""


def probed(text: str) -> str:
    """Adds a function to a component, to call when an instance is to be made, and a resource, so that its entries share that."""
    if re.match(r"\(component(\s+definition)?(\s+\$[^\s()]+)?\s+(quote|binary)\b", text):
        return text
    return f"{text[: text.rindex(')')]}{PROBE})"


def invoked(text: str) -> str:
    """Gives the name of the function that a command calls."""
    return next(string(word).decode() for word in words(text) if word.startswith('"'))


def write(folder: Path, entries: list[Made]) -> None:
    """Writes a project with an entry for each function."""
    lines = ["namespace: t", "entries:", "  - {name: files, kind: fs.directory, directory: .}"]
    for made in entries:
        (folder / f"{made.entry}.wasm").write_bytes(made.data)
        digest = hashlib.sha256(made.data).hexdigest()
        lines += [
            f"  - {{name: {entry}, kind: function.wasm, fs: files, path: {made.entry}.wasm, hash: 'sha256:{digest}', "
            f"method: {json.dumps(name)}, pool: {{type: static, workers: 1, size: 1}}}}"
            for name, entry in made.names.items()
        ]
    (folder / "_index.yaml").write_text("\n".join(lines) + "\n")


def one(project: moonwit.Project, head: str, made: Made | None, text: str) -> str:
    """Runs one command; gives "passed", or what else came of it."""
    if made is None:
        return "not run: no component"
    if made.why:
        return f"not run: {made.why}"
    if head in ("component", "trap at start"):
        return instantiated(project, made, text if head == "trap at start" else None)
    invoke = text if head == "invoke" else text[slice(*next(iter(forms(text, 1, len(text) - 1))))]
    parts = list(forms(invoke, 1, len(invoke) - 1))
    entry = made.function(invoked(invoke))
    arguments = [value(invoke[slice(*span)]) for span in parts]
    try:
        result = project.call(f"t:{entry}", *arguments)
    except moonwit.CallError as error:
        if "which nothing provides" in str(error):
            return f"harness: {error}"
        if head in ("assert_trap", "assert_exhaustion"):
            return said(text, str(error))
        return f"failed: {str(error)[:300]}"
    if head == "assert_return":
        expected = [value(text[slice(*span)]) for span in list(forms(text, 1, len(text) - 1))[1:]]
        wanted = expected[0] if expected else None
        return "passed" if same(wanted, result) else f"failed: expected {wanted!r}, got {result!r}"
    return "passed" if head == "invoke" else f"failed: expected a trap, got {result!r}"


def instantiated(project: moonwit.Project, made: Made, trap: str | None) -> str:
    """Has an instance made, by calling the function that was added."""
    try:
        project.call(f"t:{made.function('moonwit-probe')}")
    except moonwit.CallError as error:
        if re.search("exports no functions; export the one to call|there is no function `moonwit-probe`", str(error)):
            return "decoded only: it is bytes or quoted text without a function that could be called"
        if "which nothing provides" in str(error):
            return f"harness: {error}"
        return said(trap, str(error)) if trap is not None else f"failed: {str(error)[:300]}"
    return "passed" if trap is None else "failed: expected a trap"


def said(text: str, sentence: str) -> str:
    """Compares the reason of a trap."""
    wanted = string(words(text)[-2]).decode()
    common = next((ours for theirs, ours in WORDS.items() if theirs in wanted), wanted)
    return "passed" if common in sentence else f"passed, in other words: {wanted!r}: {sentence[:200]!r}"


def value(text: str) -> Any:
    """Reads a value such as `(u32.const 1)`."""
    written = words(text)
    kind = written[1].removesuffix(".const")
    inside = [text[slice(*span)] for span in forms(text, 1, len(text) - 1)]
    if kind in ("list", "tuple"):
        return [value(each) for each in inside]
    if kind == "record":
        # A field's value has no parentheses of its own: `(field "a" u32.const 1)`.
        return {string(words(each)[2]).decode(): value(re.sub(r'\A\(field\s+"[^"]*"\s*', "(", each)) for each in inside}
    if kind in ("option.some", "option.none"):
        return value(inside[0]) if inside else None
    if kind in ("result.ok", "result.err"):
        return {kind.removeprefix("result."): value(inside[0]) if inside else None}
    word = written[2] if len(written) > 3 else ""
    if kind == "bool":
        return word == "true"
    if kind in ("f32", "f64"):
        return float.fromhex(word.replace("_", "")) if "x" in word else float(word.replace("nan:canonical", "nan").replace("_", ""))
    if kind == "str":
        return string(word).decode()
    if kind == "char":
        return string(word).decode()
    if kind == "enum":
        return string(word).decode()
    if kind == "flags":
        return [string(each).decode() for each in written[2:-1]]
    if kind == "variant":
        name = string(word).decode()
        return {name: value(inside[0])} if inside else name
    try:
        return int(word.replace("_", ""), 0)
    except ValueError:
        raise ValueError(f"{text} is not understood") from None


def same(wanted: Any, got: Any) -> bool:
    """Compares values: lists of bytes come as bytes, flags as a map."""
    if isinstance(wanted, list) and isinstance(got, (bytes, str)):
        return wanted == list(got.encode() if isinstance(got, str) else got)
    if isinstance(wanted, list) and isinstance(got, dict):
        return sorted(wanted) == sorted(got)
    if isinstance(wanted, list) and isinstance(got, (list, tuple)):
        return len(wanted) == len(got) and all(map(same, wanted, got))
    if isinstance(wanted, dict) and isinstance(got, dict):
        return wanted.keys() == got.keys() and all(same(wanted[key], got[key]) for key in wanted)
    if isinstance(wanted, str) and isinstance(got, bytes):
        return wanted.encode() == got
    return bool(wanted == got) or (wanted != wanted and got != got)
