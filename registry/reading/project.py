"""A project on disk: where it is, and which of its files may belong to the registry."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from moonwit.registry.document import plausible
from moonwit.registry.files import Unreadable, inside, read_head, unreadable
from moonwit.registry.problems import Problem, Problems

SETTINGS = "moonwit.yaml"
INDEXES = ("_index.yaml", "_index.yml")
SKIPPED = ("node_modules",)
MAX_FOLDERS = 20_000
MAX_FILES = 10_000
HEAD = 64 * 1024  # of a file that is too large, or not yet known to be ours


def find_project(start: Path) -> Path | None:
    """Finds the nearest folder upward that is a project: with `moonwit.yaml`, `_index.yaml`, or registry files below `src/`.

    A folder below the `src/` of a project belongs to that project. The search ends with the root of a repository, the home folder
    and the root of the file system. The last two are projects only by a file of their own: what lies in a `src/` there is somebody's
    checkouts.
    """
    here = Path(os.path.realpath(start))
    if not here.is_dir():
        here = here.parent
    home = _home()
    for folder in (here, *here.parents):
        if _is_file(folder / SETTINGS):
            return folder
        if any(_is_file(folder / name) for name in INDEXES):
            return _above(folder, home) or folder
        is_last = folder in (home, folder.parent)
        if not is_last and _has_sources(folder / "src"):
            return folder
        if is_last or _is_repository(folder):
            return None
    return None


def _above(folder: Path, home: Path | None) -> Path | None:
    """Finds the project whose `src/` holds the folder: one that says so by its settings or an index in `src/` itself."""
    for parent in (folder, *folder.parents):
        project = parent.parent
        if _is_repository(parent) or parent in (home, project):
            return None
        if parent.name == "src":
            has_index = project not in (home, project.parent) and any(_is_file(parent / name) for name in INDEXES)
            if has_index or _is_file(project / SETTINGS):
                return project
    return None


def _home() -> Path | None:
    try:
        return Path(os.path.realpath(Path.home()))
    except (OSError, RuntimeError, ValueError):  # there is none, or it leads nowhere
        return None


def _is_repository(folder: Path) -> bool:
    """Tells whether a folder is the root of a repository; a linked work tree has a file in the place of the folder."""
    return os.path.lexists(folder / ".git")


def _has_sources(src: Path) -> bool:
    """Tells whether a folder holds registry files; looks at a bounded number of folders and files."""
    if not src.is_dir():
        return False
    for looked, path in enumerate(_walk(src, src, None, max_folders=200)):
        if path.name in INDEXES:
            return True
        if looked >= 200:
            return False
        try:
            if plausible(read_head(path, HEAD)):
                return True
        except Unreadable:
            continue
    return False


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def yaml_files(root: Path, problems: Problems) -> Iterator[Path]:
    """Gives the YAML files of a project in a fixed order; its settings are not among them."""
    src = root / "src"
    if src.is_dir():
        if inside(root, src) is None:
            problems.add(Problem(src, 0, 0, "the folder `src` is a symbolic link that leaves the project", "copy it into the project"))
            return
        top = src
    else:
        top = root
    for path in _walk(root, top, problems):
        if path != root / SETTINGS:
            yield path


def _walk(root: Path, top: Path, problems: Problems | None, max_folders: int = MAX_FOLDERS) -> Iterator[Path]:
    """Walks folders without recursion; each folder and file is visited once, whatever links lead to it."""
    status = os.stat(top)
    visited = {(status.st_dev, status.st_ino)}
    waiting = [top]
    folders = files = 0
    while waiting:
        folder = waiting.pop()
        folders += 1
        if folders > max_folders:
            return _too_many(root, f"{max_folders} folders", problems)
        below: list[Path] = []
        for path, is_folder in _entries(root, folder, visited, problems):
            if is_folder:
                below.append(path)
                continue
            files += 1
            if files > MAX_FILES:
                return _too_many(root, f"{MAX_FILES} YAML files", problems)
            yield path
        waiting.extend(reversed(below))


def _too_many(root: Path, what: str, problems: Problems | None) -> None:
    if problems is not None:
        hint = "keep the registry in a folder `src` of its own"
        problems.add(Problem(root, 0, 0, f"the project holds more than {what}, and the rest is not read", hint))


def _entries(root: Path, folder: Path, visited: set[tuple[int, int]], problems: Problems | None) -> Iterator[tuple[Path, bool]]:
    """Gives the folders and YAML files of a folder that were not visited before, by name."""

    def report(path: Path, sentence: str, hint: str | None = None) -> None:
        if problems is not None:
            problems.add(Problem(path, 0, 0, sentence, hint, "error" if path.name in INDEXES else "warning"))

    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        report(folder, f"the folder {unreadable(error).why}")
        return
    for entry in entries:
        is_yaml = entry.name.endswith((".yaml", ".yml"))
        if entry.name.startswith(".") or entry.name in SKIPPED:
            continue
        path = folder / entry.name
        try:
            status = entry.stat()
        except OSError as error:
            if is_yaml:
                dangling = entry.is_symlink() and error.errno == errno.ENOENT
                report(path, f"the file {'is a symbolic link to nothing' if dangling else unreadable(error).why}")
            continue
        is_folder = stat.S_ISDIR(status.st_mode)
        if (not is_folder and not is_yaml) or (status.st_dev, status.st_ino) in visited:
            continue
        visited.add((status.st_dev, status.st_ino))
        if entry.is_symlink() and inside(root, path) is None:
            what = "folder" if is_folder else "file"
            report(path, f"the {what} is a symbolic link that leaves the project, and is not read", f"copy the {what} into the project")
        elif is_folder:
            if entry.name in INDEXES:
                report(path, f"`{entry.name}` is a folder, not a file", "rename the folder")
            yield path, True
        elif stat.S_ISREG(status.st_mode):
            yield path, False
        else:
            report(path, "this is not a regular file, and is not read")
