"""The line that is edited: keys, colors, brackets, history, and what is written above it meanwhile."""

from __future__ import annotations

import asyncio
import functools
import os
import select
from collections.abc import Callable
from typing import TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.completion import Completer, ThreadedCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import has_focus, is_searching
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.layout.utils import explode_text_fragments
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.styles import Style

from moonwit import progress
from moonwit.lexer import closes, depth, partner, tokens
from moonwit.repl.editor.history import InputHistory, place
from moonwit.repl.editor.screen import Screen, interrupts
from moonwit.repl.session.chunks import is_command

# Between two times that output is written above the prompt, in seconds: each redraws it.
PAUSE = 0.03
TAB = "  "

STYLE = Style.from_dict(
    {
        "prompt": "ansigreen bold",
        "continuation": "ansigreen",
        "lua.keyword": "ansimagenta",
        "lua.number": "ansicyan",
        "lua.string": "ansigreen",
        "lua.comment": "ansibrightblack",
        "command": "ansiblue bold",
        "matching": "bold underline",
        "bottom-toolbar": "noreverse",
        "bottom-toolbar.text": "ansibrightblack",
        "toolbar.name": "bold",
        "toolbar.current": "bold underline",
    }
)


class LuaLexer(Lexer):
    """Colors Lua, and the names of commands."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        """Gives the colored pieces of each line."""
        lines = _colored(document.text)
        return lambda number: lines[number] if number < len(lines) else []


@functools.lru_cache(maxsize=4)
def _colored(text: str) -> list[StyleAndTextTuples]:
    if is_command(text):
        word, space, rest = text.partition(" ")
        return [[("class:command", word), ("", space + rest)]]
    lines: list[StyleAndTextTuples] = [[]]
    for token in tokens(text):
        style = f"class:lua.{token.kind}" if token.kind in ("keyword", "number", "string", "comment") else ""
        for number, piece in enumerate(token.text.split("\n")):
            if number:
                lines.append([])
            lines[-1].append((style, piece))
    return lines


class Brackets(Processor):
    """Marks the bracket at the cursor and the one that belongs to it."""

    def apply_transformation(self, given: TransformationInput) -> Transformation:
        """Marks them in one line."""
        document = given.document
        at = document.cursor_position
        pair = _pair(document.text, at)
        if pair is None:
            return Transformation(given.fragments)
        fragments = explode_text_fragments(given.fragments)
        for place_ in pair:
            row, column = document.translate_index_to_position(place_)
            if row == given.lineno and column < len(fragments):
                fragments[column] = (f"{fragments[column][0]} class:matching", fragments[column][1])
        return Transformation(fragments)


@functools.lru_cache(maxsize=4)
def _pair(text: str, at: int) -> tuple[int, int] | None:
    for place_ in (at, at - 1):
        if 0 <= place_ < len(text) and text[place_] in "()[]{}" and (other := partner(text, place_)) is not None:
            return place_, other
    return None


class _Output(Vt100_Output):
    """A terminal that is never asked where its cursor is: the answer could come as keys when nobody expects it."""

    def get_rows_below_cursor_position(self) -> int:
        return 1


class Prompt:
    """Reads inputs. ``finished`` tells whether a text is one, ``toolbar`` gives what stands below it."""

    def __init__(
        self,
        screen: Screen,
        *,
        color: bool,
        finished: Callable[[str], bool],
        completer: Completer,
        toolbar: Callable[[Document], StyleAndTextTuples | None],
    ) -> None:
        self._screen = screen
        self._finished = finished
        self._toolbar = toolbar
        self._number = 1
        self._pressed = False  # Ctrl-C, after the editing had ended
        self._dropped = 0  # how often what was typed ahead was dropped
        self.on_ctrl_c: Callable[[], None] = lambda: None  # Ctrl-C at the prompt
        self._output = _Output.from_pty(_text_file(screen.terminal), term=os.environ.get("TERM"), enable_bell=False)
        path = place()
        self._session: PromptSession[str] = PromptSession(
            lambda: [("class:prompt", f"[{self._number}]> ")],
            multiline=True,
            prompt_continuation=lambda width, _line, _wrapped: [("class:continuation", "> ".rjust(width))],
            lexer=LuaLexer(),
            style=STYLE,
            include_default_pygments_style=False,
            color_depth=None if color else ColorDepth.DEPTH_1_BIT,
            history=InMemoryHistory() if path is None else InputHistory(path),
            auto_suggest=AutoSuggestFromHistory(),
            enable_history_search=True,
            complete_while_typing=False,
            completer=ThreadedCompleter(completer),
            input_processors=[Brackets()],
            key_bindings=self._bindings(),
            bottom_toolbar=self._below,
            reserve_space_for_menu=8,
            enable_suspend=True,
            output=self._output,
            editing_mode=EditingMode.VI if os.environ.get("MOONWIT_KEYS") == "vi" else EditingMode.EMACS,
        )

    @property
    def vi(self) -> bool:
        """Whether keys are vi's; Emacs' otherwise."""
        return self._session.editing_mode == EditingMode.VI

    @vi.setter
    def vi(self, wanted: bool) -> None:
        self._session.editing_mode = EditingMode.VI if wanted else EditingMode.EMACS

    def ask(self, number: int) -> str:
        """Reads an input; raises EOFError when the user leaves."""
        self._number = number
        self._screen.drain()
        self._screen.fresh_line()
        self._pressed = False
        progress.quiet = True
        try:
            with interrupts(self._interrupt):
                return self._session.prompt(pre_run=self._watch, handle_sigint=False)
        finally:
            progress.quiet = False
            self._screen.wake = None

    def _interrupt(self) -> None:
        """Takes Ctrl-C as a signal: one from outside is a key, one while the editing ends is for the input that is about to run.

        prompt_toolkit's own handler would give the second to an application that looks at no key any more.
        """
        app = self._session.app
        if app.is_running and not app.is_done and app.loop is not None:
            app.loop.call_soon_threadsafe(app.key_processor.send_sigint)
        else:
            self.note_ctrl_c()

    def note_ctrl_c(self) -> None:
        """Takes Ctrl-C as a signal for the input that is about to run; what was typed behind it is dropped."""
        self._pressed = True
        self.drop_typed()

    def pressed_ctrl_c(self) -> bool:
        """Takes what was typed while an input runs, for the next prompt; tells whether Ctrl-C is in it, what was before it is dropped.

        Ctrl-C is a signal then, but not when it was pressed a moment before.
        """
        source, dropped = self._session.app.input, self._dropped
        keys = get_typeahead(source)
        if select.select([source.fileno()], [], [], 0)[0]:
            keys += source.read_keys()
        late, self._pressed = self._pressed, False
        stops = [number for number, press in enumerate(keys) if press.key == Keys.ControlC]
        store_typeahead(source, keys[stops[-1] + 1 :] if stops else keys)
        if dropped != self._dropped:
            get_typeahead(source)
        return late or bool(stops)

    def drop_typed(self) -> None:
        """Forgets what was typed ahead, as Ctrl-C has a terminal do: an input that waits there may be the one that it was meant for."""
        self._dropped += 1
        get_typeahead(self._session.app.input)

    def typed_ahead(self) -> bool:
        """Tells whether keys wait for the next prompt."""
        source = self._session.app.input
        keys = get_typeahead(source)
        store_typeahead(source, keys)
        return bool(keys) or bool(select.select([source.fileno()], [], [], 0)[0])

    def _watch(self) -> None:
        """Has output written above the prompt, as long as it is edited."""
        app = self._session.app
        loop = asyncio.get_running_loop()
        news = asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(news.set)

        self._screen.wake = wake

        async def write() -> None:
            while True:
                await news.wait()
                news.clear()
                # All at once, without the event loop between: no key can come in the middle.
                while piece := self._screen.take(lines=True):
                    app.renderer.erase()
                    self._screen.write_bytes(piece.replace(b"\n", b"\r\n"))
                    if not piece.endswith(b"\n"):
                        self._screen.write("\r\n")
                    app.renderer.reset()
                    app.renderer.request_absolute_cursor_position()
                    app.renderer.render(app, app.layout)
                    await asyncio.sleep(PAUSE)

        app.create_background_task(write())
        news.set()

    def _below(self) -> StyleAndTextTuples:
        return self._toolbar(self._session.default_buffer.document) or []

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        editing = has_focus(DEFAULT_BUFFER) & ~is_searching

        @bindings.add("enter", filter=editing)
        def _(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            state = buffer.complete_state
            if state is not None and state.current_completion is not None:
                buffer.complete_state = None
                return
            text, rest = buffer.text, buffer.document.text_after_cursor
            if (not rest.strip() or "\n" not in text) and (is_command(text) or self._finished(text)):
                if not rest:
                    _set_out(event)
                buffer.validate_and_handle()
            else:
                _break_line(event)

        @bindings.add("escape", "enter", filter=editing)
        def _(event: KeyPressEvent) -> None:
            _break_line(event)

        @bindings.add("tab", filter=editing)
        def _(event: KeyPressEvent) -> None:
            buffer = event.current_buffer
            if buffer.complete_state is not None:
                buffer.complete_next()
            elif not buffer.document.current_line_before_cursor.strip():
                buffer.insert_text(TAB)
            else:
                buffer.start_completion(insert_common_part=True)

        @bindings.add("c-c", filter=has_focus(DEFAULT_BUFFER))
        def _(event: KeyPressEvent) -> None:
            event.current_buffer.reset()
            event.app.vi_state.reset()
            self.on_ctrl_c()

        @bindings.add("f4")
        def _(event: KeyPressEvent) -> None:
            self.vi = not self.vi

        return bindings


def _text_file(descriptor: int) -> TextIO:
    """Gives the terminal as prompt_toolkit writes to it; the screen closes it."""
    return open(descriptor, "w", encoding="utf-8", errors="replace", closefd=False)


def _break_line(event: KeyPressEvent) -> None:
    """Begins a new line, set in by the blocks that are open."""
    _set_out(event)
    buffer = event.current_buffer
    buffer.insert_text("\n" + TAB * depth(buffer.document.text_before_cursor))


def _set_out(event: KeyPressEvent) -> None:
    """Moves a line that ends a block to where the block began."""
    buffer = event.current_buffer
    line = buffer.document.current_line_before_cursor
    if closes(line):
        wanted = TAB * max(depth(buffer.document.text_before_cursor[: -len(line)]) - 1, 0)
        given = len(line) - len(line.lstrip())
        if given > len(wanted):
            buffer.delete_before_cursor(len(line))
            buffer.insert_text(wanted + line.lstrip())
