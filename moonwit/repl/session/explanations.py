"""The text that `:help NAME` and Lua's `help(x)` show."""

from __future__ import annotations

from moonwit.repl.session.knowledge import Knowledge

OVERVIEW = """\
help(x) explains a module, a function, an object, or the entry of an id: help(time), help(funcs.call), help("ns:name").
:help lists the commands of the session."""


RESOURCE = "resource "  # begins the kind of a handle, and its resource's name follows


class Explanations:
    """Explains names and values by what is known of them."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def text(self, name: str) -> str:
        """Explains a name as it is typed after `:help`."""
        found = self.knowledge.about(name) or self.knowledge.about(name.replace(":", ".")) or self.knowledge.about(name.replace(".", ":"))
        if found is not None:
            return found
        from moonwit.registry import nearest, shown

        near = nearest(name, [*self.knowledge.docs, *(entry.id for entry in self.knowledge.ids(callable_only=False))])
        return f"nothing is known of {shown(name)}" + (f"; did you mean {near}?" if near else "; :help lists the commands")

    def of_value(self, name: str, kind: str, text: str) -> str:
        """Explains a value of Lua: ``name`` is what it is documented under, if anything, ``kind`` its kind."""
        if not kind:
            return OVERVIEW
        if name and (found := self.knowledge.about(name)) is not None:
            return found
        if (class_name := self.knowledge.class_of(kind)) is not None:
            return f"{text}\n{self.knowledge.about(class_name)}"
        if kind.startswith(RESOURCE):
            methods = self.knowledge.resource(kind.removeprefix(RESOURCE))
            end = "  wit.drop(handle): ends it" if "drop" in methods else "  :drop: ends it"
            return "\n".join([f"{text}: a {kind}", *(f"  :{method}: {type}" for method, type in methods.items()), end])
        if kind == "string" and ":" in name:
            return self.text(name)
        return f"{text}: a {kind}" if kind not in ("function", "table", "module") else text
