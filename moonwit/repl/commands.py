"""The commands of a session, those that begin with a colon."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moonwit.arguments import split_grants
from moonwit.failures import Failure
from moonwit.repl.durations import duration
from moonwit.repl.opening import Opening
from moonwit.repl.session.chunks import Chunk, Mistake
from moonwit.repl.session.colors import paint
from moonwit.repl.session.explanations import Explanations
from moonwit.repl.session.values import read
from moonwit.repl.shell import Shell

if TYPE_CHECKING:
    from moonwit.repl.editor.prompt import Prompt

SUMMARIES: Mapping[str, tuple[str, str]] = {
    ":help": ("[NAME]", "explain a module, a function, an id or a command"),
    ":entries": ("[PATTERN]", "list the entries of the registry"),
    ":inspect": ("ID|FILE", "show what a binary exports and imports"),
    ":open": ("FILE [as NAME] [with GRANT, ...]", "make the functions of a WebAssembly file callable"),
    ":grant": ("[GRANT, ... [to NAME]]", "let open files use more of the host; without a name say what they may"),
    ":load": ("FILE", "run a Lua file in the session"),
    ":reload": ("", "read the registry and changed binaries again"),
    ":show": ("[EXPRESSION]", "show a value as a whole, without one the last"),
    ":time": ("EXPRESSION", "run it and say how long it took"),
    ":bench": ("EXPRESSION", "run it many times, compiled, and give statistics"),
    ":trace": ("on|off", "show each call of a function with arguments, result and time"),
    ":pools": ("", "show what is counted of each function that was called"),
    ":stop": ("", "end what earlier inputs have left running"),
    ":save": ("FILE", "write the inputs of this session to a file"),
    ":keys": ("emacs|vi", "edit with the keys of Emacs or of vi"),
    ":quit": ("", "leave, as Ctrl-D"),
}


class Commands:
    """Runs commands; ``folder`` is the project's."""

    def __init__(self, shell: Shell, opening: Opening, explanations: Explanations) -> None:
        self._shell = shell
        self._opening = opening
        self._explanations = explanations
        self.prompt: Prompt | None = None
        self.inputs: list[str] = []  # what went well, for `:save`
        self._does: Mapping[str, Callable[[str], None]] = {
            ":help": self._help,
            ":entries": self._entries,
            ":inspect": self._inspect,
            ":open": self._open,
            ":grant": self._grant,
            ":load": self.load,
            ":reload": self._reload,
            ":show": self._show,
            ":time": self._time,
            ":bench": self._bench,
            ":trace": self._trace,
            ":pools": self._pools,
            ":stop": self._stop,
            ":save": self._save,
            ":keys": self._keys,
        }

    def run(self, text: str) -> bool:
        """Runs a command; tells whether the session goes on."""
        word, _, rest = text.strip().partition(" ")
        word = self._named(word)
        if word == ":quit":
            return False
        self._does[word](rest.strip())
        return True

    def lua(self, text: str) -> None:
        """Runs an input of Lua."""
        if self._shell.run(text):
            self.inputs.append(text)

    @staticmethod
    def _named(word: str) -> str:
        """Finds the command of a name, or of the beginning of one."""
        found = [name for name in SUMMARIES if name.startswith(word)]
        if word in SUMMARIES:
            return word
        if len(found) == 1 and len(word) > 1:
            return found[0]
        if len(found) > 1 and len(word) > 1:
            raise Failure(f"{word} may mean {' or '.join(found)}; write more of it")
        from moonwit.arguments import suggest

        raise Failure(f"there is no command {suggest(word, list(SUMMARIES))}; :help lists them")

    def open_file(self, name: str, grants: Sequence[str] = ()) -> None:
        """Opens a file that was named when the session began."""
        if name.endswith(".lua"):
            self.load(name)
        else:
            self._opened(name, None, grants)

    def _help(self, name: str) -> None:
        command = name if name.startswith(":") else f":{name}"
        if name and command in SUMMARIES:
            takes, summary = SUMMARIES[command]
            self._shell.say(f"{paint('bold', f'{command} {takes}'.strip(), self._shell.color)}\n  {summary}")
            return
        self._shell.page(self._explanations.text(name) if name else self._overview())

    def _overview(self) -> str:
        width = max(len(f"{name} {takes}") for name, (takes, _) in SUMMARIES.items())
        lines = [f"  {f'{name} {takes}':<{width}}  {summary}" for name, (takes, summary) in SUMMARIES.items()]
        return "\n".join(
            [
                "Lua is evaluated as it is typed: an expression shows its value, `_` is the last one, top-level locals live on.",
                "",
                *lines,
                "",
                "Tab completes, Ctrl-R searches what was typed before, Alt-Enter begins a line, Ctrl-C stops or clears, Ctrl-D leaves.",
                "help(x) explains a value: help(time.sleep), help(json), help('ns:name').",
            ]
        )

    def _entries(self, pattern: str) -> None:
        self._shell.page(self._opening.table(pattern, self._shell.screen.size()[0]))

    def _inspect(self, name: str) -> None:
        if not name:
            raise Failure(":inspect needs an id or a file")
        self._shell.page(self._opening.inspect(name))

    def _open(self, rest: str) -> None:
        rest, _, grants = rest.partition(" with ")
        file, _, name = rest.partition(" as ")
        if not file.strip():
            raise Failure(":open needs a .wasm or .wat file")
        self._opened(os.path.expanduser(file.strip()), name.strip() or None, split_grants(grants))

    def _opened(self, file: str, name: str | None, grants: Sequence[str]) -> None:
        opened = self._opening.open(file, name, grants)
        for id in opened:
            self._shell.say(f"{id}: {self._explanations.knowledge.signature(id)}")

    def _grant(self, rest: str) -> None:
        grants, _, name = rest.partition(" to ")
        if grants.strip():
            self._opening.grant(split_grants(grants), name.strip() or None)
        for line in self._opening.granted() or ["no file is open: :open FILE"]:
            self._shell.say(line)

    def load(self, name: str) -> None:
        """Runs a Lua file in the session; raises ``Failure``."""
        from moonwit.scripts import chunk_name, read_script

        if not name:
            raise Failure(":load needs a Lua file")
        path = os.path.expanduser(name)
        source = read_script(path).decode()
        try:
            chunk = self._shell.compiler.chunk(source, f"@{chunk_name(path)}")
        except Mistake as mistake:
            raise Failure(str(mistake)) from None
        self._shell.evaluate(chunk, f"@{chunk_name(path)}")

    def _reload(self, _: str) -> None:
        self._shell.say(self._opening.reload())

    def _show(self, expression: str) -> None:
        self._shell.evaluate(self._chunk(expression or "_"), full=True, quiet=not expression)

    def _time(self, expression: str) -> None:
        outcome = self._shell.answer(self._chunk(expression), f"=[{self._shell.number}]")
        if outcome is not None:
            seconds = outcome.get("seconds", 0.0)
            self._shell.show({**outcome, "seconds": 0.0})
            self._shell.say(paint("dim", f"took {duration(seconds)}", self._shell.color))

    def _bench(self, expression: str) -> None:
        outcome = self._shell.answer(self._chunk(expression, plain=True), "=bench", quiet=True, bench=True)
        if outcome is None:
            return
        if outcome.get("interrupted") or "failed" in outcome:
            self._shell.show(outcome)
            return
        table = read(outcome["values"][0])
        numbers = {key.text: float(value.text) for key, value in getattr(table, "entries", ()) if hasattr(key, "text")}
        times = ", ".join(f"{name} {duration(numbers[name] / 1e9)}" for name in ("median", "mean", "min", "max"))
        spread = duration(numbers["deviation"] / 1e9)
        self._shell.say(f"{times}\n{numbers['runs']:,.0f} runs in {numbers['samples']:.0f} samples, standard deviation {spread}")

    def _chunk(self, expression: str, *, plain: bool = False) -> Chunk:
        if not expression:
            raise Failure("this needs an expression")
        try:
            return self._shell.compiler.chunk(expression, f"=[{self._shell.number}]", plain=plain)
        except Mistake as mistake:
            raise Failure(str(mistake)) from None

    def _trace(self, word: str) -> None:
        if word not in ("on", "off"):
            raise Failure(":trace takes on or off")
        self._shell.session.trace(word == "on")

    def _pools(self, _: str) -> None:
        from moonwit.repl.counts import table

        counted = self._shell.session.project.statistics()
        self._shell.page(table(counted) if counted else "no function was called yet")

    def _stop(self, _: str) -> None:
        self._shell.session.cancel_background()
        self._shell.end_busy()

    def _save(self, name: str) -> None:
        if not name:
            raise Failure(":save needs the name of a file")
        path = Path(os.path.expanduser(name))
        try:
            with open(path, "x", encoding="utf-8", errors="replace") as file:
                file.writelines(f"{self._shell.compiler.statement(text)}\n" for text in self.inputs)
        except FileExistsError:
            raise Failure(f"{path} is there already; name another file") from None
        except OSError as error:
            raise Failure(f"{path} can't be written: {os.strerror(error.errno or 0).lower()}") from None
        count = len(self.inputs)
        self._shell.say(f"{count} {'input' if count == 1 else 'inputs'} written to {path}")

    def _keys(self, word: str) -> None:
        if word not in ("emacs", "vi"):
            raise Failure(":keys takes emacs or vi")
        if self.prompt is not None:
            self.prompt.vi = word == "vi"
