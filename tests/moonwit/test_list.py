"""`moonwit list`: the entries as a table."""


def test_a_table_of_entries(moonwit, project):
    """Each entry has a row with id, kind and signature; its comment stands below the signature."""
    result = moonwit("list", cwd=project)
    lines = result.stdout.splitlines()
    assert (result.stderr, result.returncode) == ("", 0)
    start = lines[0].index("signature")
    assert lines[0].split() == ["id", "kind", "signature"]
    assert lines[1][start:] == "func() -> s32"
    assert lines[1].split()[:2] == ["demo:answer", "function.wat"]
    assert lines[2] == " " * start + "What everybody asks for."
    ids = [line.split()[0] for line in lines if line.startswith("demo:")]
    assert ids[-4:] == ["demo:mixed", "demo:same", "demo:binary", "demo:greeting"]
    assert next(line for line in lines if line.startswith("demo:same")).split()[1:] == ["function.lua"]
    assert "\x1b" not in result.stdout


def test_rows_fit_eighty_columns(moonwit, write):
    """Off a terminal no line with spaces in it is longer than 80 columns, however long ids and signatures are."""
    params = ", ".join(f"parameter-{n}: s32" for n in range(8))
    core = " ".join("i32" for _ in range(8))
    entry = (
        f"    kind: function.wat\n    source: (module (func (export \"f\") (param {core})))\n    wit: 'f: func({params});'\n    method: f\n"
    )
    for name in ("f", "a_name_that_is_rather_long_" + "x" * 30):
        write("_index.yaml", f"version: '1.0'\nnamespace: demo\nentries:\n  - name: {name}\n{entry}")
        result = moonwit("list")
        assert result.returncode == 0
        assert max(map(len, result.stdout.splitlines())) <= 80
        assert "parameter-7: s32)" in result.stdout


def test_a_broken_entry_says_why(moonwit, project):
    """In place of a signature stands the problem in short, and stderr names the command that tells more."""
    index = project / "_index.yaml"
    index.write_text(index.read_text(encoding="utf-8").replace("method: neg", "method: nge"), encoding="utf-8")
    result = moonwit("list", cwd=project)
    assert result.returncode == 0
    assert "error: " in next(line for line in result.stdout.splitlines() if line.startswith("demo:neg"))
    assert result.stderr == "moonwit: the project has an error; moonwit check shows what is wrong\n"


def test_no_project(moonwit):
    """Without a project there is nothing to list."""
    result = moonwit("list")
    assert (result.stdout, result.returncode) == ("", 1)
    assert "a project is a folder that has" in result.stderr
