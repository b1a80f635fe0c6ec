"""Writes the parts of the pages that repeat what stands elsewhere: annotations, help texts, and the sources of new guests.

Run: python tests/reference.py; tests/test_reference.py compares. docs/modules.md is made from the annotations of the standard library,
docs/moonwit.1 from the help texts. On other pages a comment, `<!-- from moonwit/templates/c/guest/hello.c.tmpl -->`, stands above a block
that holds that file, and `<!-- from moonwit help -->` above the part, down to `<!-- end -->`, that holds the help of every command.
"""

from __future__ import annotations

import re
from pathlib import Path

from moonwit.commands import COMMANDS
from moonwit.commands.help import overview, page
from moonwit.stubs import FOLDER, LANGUAGE, Doc, docs, read, type_end

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

_BLOCK = re.compile(r"(<!-- from (moonwit/\S+) -->\n```\w+[^\n]*\n).*?(^```$)", re.MULTILINE | re.DOTALL)
_HELP = re.compile(r"(<!-- from moonwit help -->\n).*?(^<!-- end -->$)", re.MULTILINE | re.DOTALL)

_HEAD = """\
# Modules

Made from the annotations that editors and `:help` of a session read too: `python tests/reference.py` writes this page. A script has every
module as a global and by `require`; an entry has those that its `modules` list. `?` marks what may be absent or nil.
"""


def modules() -> str:
    """Gives the text of docs/modules.md."""
    parts = [_HEAD]
    paths = sorted(FOLDER.rglob("*.lua"), key=lambda path: (path.stem == LANGUAGE, path.stem))
    for path in paths:
        parts.append(f"\n## {'Lua itself' if path.stem == LANGUAGE else path.stem}\n")
        # Names that two files declare are the last one's, as for `:help`.
        parts += [_entry(doc) for doc in read(path.read_text(encoding="utf-8"), path.stem) if docs()[doc.name] == doc]
    return re.sub(r"\n{3,}", "\n\n", "".join(parts))


def _entry(doc: Doc) -> str:
    if doc.kind == "module":
        return f"\n{doc.text}\n\n" if doc.text else "\n"
    if doc.kind == "class":
        return f"\n### {doc.name}\n\n{doc.text}\n\n"
    if doc.kind == "field":
        end = type_end(doc.text)
        about = doc.text[end:].strip()
        return f"- `{doc.name}`: `{doc.text[:end]}`{f', {about}' if about else ''}\n"
    words = "".join(f"    - `{name}`: `{kind}`{f', {text}' if text else ''}\n" for name, kind, text in doc.params)
    return f"- `{doc.signature}`: {doc.text or 'as in Lua.'}\n{words}"


def commands() -> str:
    """Gives the help of every command, each below a heading."""
    return "".join(f"\n### moonwit {name}\n\n```text\n{page(name)}```\n" for name in COMMANDS) + "\n"


def manual() -> str:
    """Gives the text of docs/moonwit.1, which the wheel installs: the same help texts as a page of `man`."""
    first, _, rest = overview().partition("\n\n")
    about = rest.partition("\n")[0]
    parts = [
        f'.TH MOONWIT 1 "" "moonwit" "User Commands"\n.SH NAME\nmoonwit \\- {_roff(about[:1].lower() + about[1:].rstrip("."))}\n',
        f".SH SYNOPSIS\n{_roff(first.removeprefix('usage: '))}\n.SH DESCRIPTION\n.nf\n{_roff(rest)}.fi\n.SH COMMANDS\n",
        *(f".SS moonwit {_roff(name)}\n.nf\n{_roff(page(name))}.fi\n" for name in COMMANDS),
    ]
    return "".join(parts)


def _roff(text: str) -> str:
    return re.sub(r"^(?=[.'])", r"\\&", text.replace("\\", r"\e").replace("-", r"\-"), flags=re.MULTILINE)


def filled(text: str) -> str:
    """Gives a page with its parts as they should be now."""
    text = _BLOCK.sub(lambda found: found[1] + (ROOT / found[2]).read_text(encoding="utf-8") + found[3], text)
    return _HELP.sub(lambda found: found[1] + commands() + found[2], text)


def main() -> None:
    (DOCS / "modules.md").write_text(modules(), encoding="utf-8")
    (DOCS / "moonwit.1").write_text(manual(), encoding="utf-8")
    for path in DOCS.rglob("*.md"):
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
