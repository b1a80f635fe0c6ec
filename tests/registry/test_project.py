"""Where a project is, and which of its files are read."""

import os

import pytest

from moonwit.registry import find_project, inside

INDEX = "namespace: a\n"


def tree(root, *names):
    """Makes files with a namespace in them."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("results: pair\n" if name.endswith("moonwit.yaml") else INDEX)


@pytest.mark.parametrize(
    ("files", "start", "expected"),
    [
        (["p/_index.yaml"], "p", "p"),
        (["p/_index.yml"], "p/deep/er", "p"),
        (["p/moonwit.yaml"], "p/scripts", "p"),
        (["p/src/_index.yaml"], "p", "p"),
        (["p/src/_index.yaml"], "p/scripts", "p"),
        (["p/src/a/b/functions.yaml"], "p", "p"),
        (["p/_index.yaml", "p/inner/_index.yaml"], "p/inner", "p/inner"),
        (["p/src/_index.yaml", "p/src/a/_index.yaml"], "p/src/a", "p"),
        (["p/moonwit.yaml", "p/src/a/_index.yaml"], "p/src/a", "p"),
        (["src/one/_index.yaml", "src/two/_index.yaml"], "src/two", "src/two"),
        (["p/moonwit.yaml", "p/src/q/moonwit.yaml", "p/src/q/_index.yaml"], "p/src/q", "p/src/q"),
        (["p/src/.hidden/_index.yaml", "p/src/node_modules/_index.yaml"], "p", None),
        (["p/other.txt"], "p", None),
    ],
)
def test_the_nearest_project_upward_is_found(tmp_path, files, start, expected):
    """A folder is a project by its settings, an index, or registry files in `src`; what is below that `src` belongs to it."""
    tree(tmp_path, *files)
    (tmp_path / start).mkdir(parents=True, exist_ok=True)
    found = find_project(tmp_path / start)
    if expected is None:
        assert found is None or not found.is_relative_to(tmp_path)
    else:
        assert found == tmp_path / expected


@pytest.mark.parametrize(
    ("files", "start", "expected"),
    [
        (["home/src/_index.yaml"], "home/work", None),
        (["home/src/_index.yaml"], "home/src", "home/src"),
        (["home/src/one/_index.yaml"], "home/src/two", None),
        (["home/src/one/_index.yaml"], "home", None),
        (["home/moonwit.yaml"], "home/work", "home"),
        (["home/_index.yaml"], "home", "home"),
        (["_index.yaml", "moonwit.yaml"], "home/work", None),
        (["home/p/_index.yaml"], "home/p/deep", "home/p"),
        (["p/_index.yaml", "p/repository/.git/config"], "p/repository", None),
        (["p/_index.yaml", "p/repository/.git"], "p/repository/deep", None),
        (["p/repository/.git/config", "p/repository/src/_index.yaml"], "p/repository/deep", "p/repository"),
        (["p/.git/config", "p/src/_index.yaml", "p/src/a/_index.yaml"], "p/src/a", "p"),
        (["p/moonwit.yaml", "p/src/.git/config", "p/src/_index.yaml"], "p/src", "p/src"),
        (["p/moonwit.yaml", "p/src/r/.git/config", "p/src/r/_index.yaml"], "p/src/r", "p/src/r"),
    ],
)
def test_where_the_search_ends(tmp_path, monkeypatch, files, start, expected):
    """Nobody is in a project above the home folder or the root of a repository, or in the home folder because of a `src` in it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    tree(tmp_path, *files)
    (tmp_path / start).mkdir(parents=True, exist_ok=True)
    found = find_project(tmp_path / start)
    assert (found if found is not None and found.is_relative_to(tmp_path) else None) == (expected and tmp_path / expected)


def test_the_root_of_the_file_system(tmp_path, monkeypatch):
    """A checkout at `/src` makes no project of `/`: the search from it finds the checkout, and from elsewhere nothing."""
    real = os.path.realpath
    root = str(tmp_path)

    class Rooted(type(tmp_path)):
        """A path below the test's folder, of which that folder is the root."""

        @property
        def parent(self):
            return self if str(self) == root else super().parent

        @property
        def parents(self):
            return tuple(Rooted(path) for path in type(tmp_path)(self).parents if str(path).startswith(root))

    monkeypatch.setattr("moonwit.registry.reading.project.Path", Rooted)
    monkeypatch.setattr("moonwit.registry.reading.project.os.path.realpath", lambda path: real(path))
    monkeypatch.setenv("HOME", "/nowhere")
    tree(tmp_path, "src/_index.yaml", "src/moonwit.yaml", "src/deep/_index.yaml")
    (tmp_path / "elsewhere").mkdir()
    assert find_project(tmp_path / "src") == tmp_path / "src"
    assert find_project(tmp_path / "elsewhere") is None
    assert find_project(tmp_path) is None
    (tmp_path / "src/moonwit.yaml").unlink()
    assert find_project(tmp_path / "src") == tmp_path / "src"


def test_a_script_stands_for_its_folder(tmp_path):
    """The search may start at a file, there or not."""
    tree(tmp_path, "p/_index.yaml")
    (tmp_path / "p/script.lua").write_text("")
    assert find_project(tmp_path / "p/script.lua") == find_project(tmp_path / "p/gone.lua") == tmp_path / "p"


def test_a_source_folder_of_something_else_is_no_project(tmp_path):
    """A `src` whose YAML has no namespace does not make a project."""
    (tmp_path / "p/src").mkdir(parents=True)
    (tmp_path / "p/src/config.yaml").write_text("apiVersion: v1\nmetadata:\n  namespace: x\n")
    found = find_project(tmp_path / "p")
    assert found is None or not found.is_relative_to(tmp_path)


def test_with_a_source_folder_only_that_is_read(project):
    """`src/` is the registry if it is there; hidden folders, `node_modules` and other YAML are left alone."""
    entry = "namespace: {}\nentries:\n  - {{name: l, kind: library.lua, source: x}}\n"
    registry = project(
        {
            **{name: entry.format(f"n{index}") for index, name in enumerate(["src/_index.yaml", "src/a/b/any.yml", "out.yaml"])},
            **dict.fromkeys(["src/.git/a.yaml", "src/node_modules/a.yaml", "src/.hidden.yaml"], "namespace: x\nbroken: ["),
            "src/template.yaml": "{{ if }}\n  - {{ x }}\n",
            "src/list.yaml": "- 1\n- namespace: x\n",
            "src/empty.yaml": "",
            "src/notes.txt": "namespace: x\nbroken: [",
        }
    )
    assert list(registry.entries) == ["n0:l", "n1:l"] and registry.problems == []


def test_links_inside_of_a_project_are_followed_once(project, tmp_path):
    """A link to a folder of the project neither loops nor reads anything twice."""
    (tmp_path / "src/a").mkdir(parents=True)
    os.symlink("..", tmp_path / "src/a/up")
    os.symlink("_index.yaml", tmp_path / "src/same.yaml")
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/more.yaml").write_text("namespace: b\nentries:\n  - {name: l, kind: library.lua, source: x}\n")
    os.symlink("../shared", tmp_path / "src/shared")
    registry = project({"src/_index.yaml": "namespace: a\nentries:\n  - {name: l, kind: library.lua, source: x}\n"})
    assert list(registry.entries) == ["a:l", "b:l"] and registry.problems == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [("a/b", "a/b"), ("a/../b", "b"), (".", "."), ("../x", None), ("/etc", None), ("out/x", None), ("a\0b", None), ("x" * 5000, None)],
)
def test_a_path_stays_inside_or_is_refused(tmp_path, path, expected):
    """A path that leaves its folder, by `..`, by being absolute or by a link, is none."""
    os.symlink("/usr", tmp_path / "out")
    assert inside(tmp_path, path) == (None if expected is None else tmp_path / expected)


def test_a_folder_with_a_longer_name_is_not_inside(tmp_path):
    """`/a/bc` is not below `/a/b`, though its name begins like it."""
    (tmp_path / "bc").mkdir()
    assert inside(tmp_path / "b", "../bc") is None


def test_a_folder_entry_may_be_anywhere(project, tmp_path_factory):
    """An `fs.directory` is a grant of the project's owner: absolute paths and `..` are allowed."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    registry = project(
        "namespace: a\nentries:\n"
        f"  - {{name: absolute, kind: fs.directory, directory: '{elsewhere}'}}\n"
        "  - {name: above, kind: fs.directory, directory: ..}\n"
    )
    assert registry.problems == []
