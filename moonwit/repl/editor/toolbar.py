"""What stands below the line: the signature and the documentation of the call under the cursor."""

from __future__ import annotations

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples

from moonwit.repl.editor.context import Context, Frame, context, target
from moonwit.repl.session.chunks import is_command
from moonwit.repl.session.knowledge import Knowledge
from moonwit.repl.session.session import Session
from moonwit.stubs import Doc

# How long the lane has to say what a script's own function takes, in seconds.
PATIENCE = 0.02


class Toolbar:
    """Knows what to show for a text and a cursor."""

    def __init__(self, session: Session, knowledge: Knowledge) -> None:
        self._session = session
        self._knowledge = knowledge
        self._last: tuple[str, StyleAndTextTuples | None] = ("", None)

    def show(self, document: Document) -> StyleAndTextTuples | None:
        """Gives the line; None where there is nothing to say."""
        text = document.text_before_cursor
        if text != self._last[0]:
            self._last = text, None if is_command(text) else self._about(context(text))
        return self._last[1]

    def _about(self, where: Context) -> StyleAndTextTuples | None:
        frame = where.call
        if frame is None:
            return None
        id = target(frame)
        if id is not None and self._knowledge.entry(id) is not None:
            return self._entry(id, frame)
        if (doc := self._documented(frame)) is not None:
            return self._function(doc, frame)
        about = self._session.explain([name.lstrip(":") for name in frame.callee], PATIENCE)
        if "parameters" not in about:
            return None
        name = "".join(part if part.startswith(":") or not number else f".{part}" for number, part in enumerate(frame.callee))
        return _call(name, about["parameters"], frame.index, f"  {about.get('place', '')}")

    def _documented(self, frame: Frame) -> Doc | None:
        docs = self._knowledge.docs
        name = ".".join(part.lstrip(":") for part in frame.callee)
        if name in docs:
            return docs[name]
        # A method: the classes are few, and hardly any name stands in two.
        if frame.callee[-1].startswith(":"):
            found = [doc for known, doc in docs.items() if known.endswith(frame.callee[-1]) and doc.kind == "function"]
            return found[0] if len(found) == 1 else None
        return None

    def _entry(self, id: str, frame: Frame) -> StyleAndTextTuples:
        from moonwit.host.wasm.wit.show import show_type

        function = self._knowledge.function(id)
        comment = self._knowledge.comment(id)
        note = f"  {comment}" if comment else ""
        if function is None:
            return [("class:toolbar.name", id), ("", f": {self._knowledge.signature(id)}{note}")]
        params = ", ".join(f"{field.name}: {show_type(field.type)}" for field in function.params)
        result = f" -> {show_type(function.result)}" if function.result is not None else ""
        return _call(id, params, frame.index - 1, f"{result}{note}")

    def _function(self, doc: Doc, frame: Frame) -> StyleAndTextTuples:
        types = {name.rstrip("?"): type for name, type, _ in doc.params}
        params = ", ".join(name if name == "..." else f"{name}: {types.get(name, 'any')}" for name in doc.arguments.split(", ") if name)
        results = ", ".join(doc.returns)
        sentence = doc.text.split(". ")[0].rstrip(".")
        return _call(doc.name, params, frame.index, (f" -> {results}" if results else "") + f"  {sentence}.")


def _call(name: str, params: str, index: int, after: str) -> StyleAndTextTuples:
    """A signature, with the parameter that the cursor is at marked."""
    pieces: StyleAndTextTuples = [("class:toolbar.name", name), ("", "(")]
    parts = _split(params)
    for number, part in enumerate(parts):
        current = number == index or (part == "..." and index >= number)
        pieces += [("class:toolbar.current" if current else "", part), ("", ", " if number < len(parts) - 1 else "")]
    return [*pieces, ("", f"){after}")]


def _split(params: str) -> list[str]:
    """Splits parameters at the commas outside brackets."""
    parts, level, start = [], 0, 0
    for at, c in enumerate(params):
        level += (c in "<({") - (c in ")}" or (c == ">" and params[at - 1] != "-"))
        if c == "," and level == 0:
            parts.append(params[start:at].strip())
            start = at + 1
    return [*parts, params[start:].strip()] if params else []
