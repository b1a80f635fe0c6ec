"""Lints the sentences: phrases that have to be read twice, and British spelling.

Run: python tests/lint_phrases.py [FILE...]; prints file:line: what to write instead, and exits 1 when there is something. It looks
at comments, docstrings, messages, annotations, help texts and pages alike, since all of them are read.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("registry", "host", "lua", "stdlib", "moonwit", "examples", "docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md")
KINDS = {".py", ".lua", ".md", ".yaml"}

DOES = "reads|writes|calls|asks|waits|sends|holds|uses|runs|closes|enters|cancels|hears|listens|shares"
RAISES = r"(error|fail|problem|complain|Failure|Malformed|Misfit|Refused|Bad[A-Z]\w+|raise|message)"

PHRASES = [
    (r"(?<!there )\b(is|are|was|were) no (?!longer\b|more\b|one\b|such\b|way\b|place\b)[a-z]", "`is not a ...`"),
    (r"\bbeside each other\b", "`concurrently` or `side by side`"),
    (r"\bfor ever\b", "`forever`"),
    (r"\bof ours\b|\bof (Python|Lua|Wasmtime)'s(?= [a-z]+[.,;)]|[.,;)])", "`our ...`, `Python's ...`"),
    (r"\b(by|to|for|of|from|tells|told) who(ever)? (asks|calls|reads|waits|writes|sends|holds|made)\b",
     "the one who is meant: the caller, the reader"),
    (r"\bnot nothing\b", "`expected ..., got nil`"),
    (r"\bmust be [^.;\n]*, not (an? )?[{'\"`%(]", "`expected ..., got ...`"),
    (r"\bis expected, not\b|\bexpects [^.;\n]*, not\b", "`expected ..., got ...`"),
    (r"\bexpected [^.;\n]*, found (?!i32|i64)", "`expected ..., got ...`"),
    (rf"""(^|[.:;] |-- |--- |# |\"\"\")Who(ever)? ({DOES})\b""", "the one who is meant: the reader, the caller"),
    (r"\b(calls|functions|host|library|requests?|types?|thread|errors|itself|process|version|lane|guest) alone\b", "`only ...`"),
    (r"\bof (a|an|the) (module|component|importer|lane|host|script|session)'s own\b(?! process)", "`the component's own ...`"),
    (rf"""^(?!\s*(#|--|\"\"\")).*\b{RAISES}\b.*["'`][^"]*\bmust (be|begin|have|name|hold|stand|return)\b""", "`expected ..., got ...`"),
    (r"\bsome (five|ten|twenty|fifty|hundred|thousand)\b", "`about ...`"),
    (r"\b(is|are|was|were) told (in|to|as|here|there|of|with|by|at|once)\b", "`is reported`, `is said`, or who learns what"),
    (r"\w*(colour|behaviour|favour|honour|neighbour)\w*|(?<![.])\b(cancelled|cancelling|licence|centre)\b|\w+(al|an|ogn|or|imm|itial)is(e|ed|es|ing)\b",
     "the American spelling"),
]  # fmt: skip


def findings(text: str) -> Iterator[tuple[int, str]]:
    """Gives the lines of a text that have such a phrase, from 1, each with a sentence."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, instead in PHRASES:
            for match in re.finditer(pattern, line, re.IGNORECASE):
                yield number, f"`{match[0]}`: write {instead}"


def files() -> list[Path]:
    """Gives the files that are kept in Git."""
    listed = subprocess.run(["git", "ls-files", *FOLDERS], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    return [ROOT / name for name in listed if Path(name).suffix in KINDS and not (ROOT / name).is_symlink()]


def main() -> int:
    """Lints what is named, or everything; gives the exit code."""
    wanted = [Path(name) for name in sys.argv[1:]] or files()
    found = [f"{path}:{line}: {sentence}" for path in wanted for line, sentence in findings(path.read_text(encoding="utf-8"))]
    print("\n".join([*found, f"{len(wanted)} files, {len(found)} findings"]))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
