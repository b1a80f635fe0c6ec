"""The settings of a project: `moonwit.yaml` at its root, all of them optional."""

from pathlib import Path

from moonwit.registry.composer import compose
from moonwit.registry.fields import Choice
from moonwit.registry.files import Unreadable, inside, read_text
from moonwit.registry.nodes import Mapping, Scalar, seen
from moonwit.registry.problems import Problem, Problems
from moonwit.registry.reading.expansion import Expander
from moonwit.registry.reading.reading import Reading
from moonwit.registry.scalars import resolve
from moonwit.registry.schema import Field, Slot
from moonwit.registry.shapes import read_fields

FIELDS: dict[str, Field] = {
    "results": Choice(options=("pair", "table"), default="pair", summary="how a function's result reaches Lua, unless its entry says"),
}


def read_settings(path: Path, expander: Expander, problems: Problems) -> dict[str, object]:
    """Reads the settings; what is not set, or is set wrongly, has its default."""
    defaults = {name: field.default for name, field in FIELDS.items() if field.default is not None}
    if not path.exists() and not path.is_symlink():
        return defaults
    if inside(expander.root, path) is None:
        problems.add(Problem(path, 0, 0, "the settings are a symbolic link that leaves the project", "copy the file into the project"))
        return defaults
    try:
        document = compose(path, read_text(path), problems)
    except Unreadable as error:
        problems.add(Problem(path, 0, 0, f"the file {error.why}", error.hint))
        return defaults
    root = document.root
    if root is None or (isinstance(root, Scalar) and root.plain and resolve(root.text) is None):
        return defaults
    if not isinstance(root, Mapping):
        problems.add(document.problem(root, f"expected a mapping of settings, got {seen(root)}", "write `name: value`"))
        return defaults
    reading = Reading(document, expander, problems)
    return {**defaults, **read_fields(root.pairs, FIELDS, Slot(root, None, ()), reading, f"`{path.name}`")}
