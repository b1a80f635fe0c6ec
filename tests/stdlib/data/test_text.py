"""The module text: regular expressions held against Python's, differences, splitting."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import moonwit
from tests import projects
from tests.texts import texts

lua, _ = texts(__file__)

INDEX = """
  - name: call
    kind: function.lua
    modules: [text]
    source: |
      return function(pattern, name, ...)
        local re = assert(text.regexp.compile(pattern))
        return re[name](re, ...)
      end
  - name: compile
    kind: function.lua
    modules: [text]
    source: return function(pattern) local re, e = text.regexp.compile(pattern) return re and re:string(), e end
  - name: diff
    kind: function.lua
    modules: [text]
    source: |
      return function(before, after)
        local differ = text.diff.new()
        local steps = assert(differ:compare(before, after))
        local result, whole = differ:patch_apply(assert(differ:patch_make(before, after)), before)
        return {steps = steps, counts = differ:summarize(steps), result = result, whole = whole, html = differ:pretty_html(steps)}
      end
  - name: split
    kind: function.lua
    modules: [text]
    source: |
      return function(value, options)
        local splitter, problem = text.splitter.recursive(options)
        if not splitter then return nil, problem end
        return splitter:split_text(value)
      end
  - name: plain
    kind: function.lua
    modules: [text]
    source: return function(name, ...) return text[name](...) end
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder: Path = tmp_path_factory.mktemp("project")
    projects.write(folder, INDEX)
    with moonwit.open(folder) as opened:
        yield opened


FEW = settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATTERNS = ["a", "a*", "[ab]+", "(a)(b)?", "(?P<x>a+)|(b)", "é", "^a", "(?m)^b", r"\d+", "x{2,3}", ".", "", "(?i)A|B"]


@given(st.sampled_from(PATTERNS), st.text(st.sampled_from("abxé1\n "), max_size=12))
@FEW
def test_matches_are_pythons(project: moonwit.Project, pattern: str, text: str) -> None:
    """All functions agree with what Python finds, but for an empty match right behind another, which Go does not count."""
    found, before = [], None
    for match in re.finditer(pattern, text):
        if match.span() != (before, before):
            found.append(match)
        before = match.end()

    def call(name: str, *arguments: Any) -> Any:
        return project.call("t:call", pattern, name, text, *arguments)

    def at(place: int) -> int:
        return len(text[:place].encode())

    groups = [[match.group(), *(group or "" for group in match.groups())] for match in found]
    places = [[at(match.start()) + 1, at(match.end())] for match in found]
    assert call("match_string") is bool(found)
    assert call("find_all_string") == [each[0] for each in groups]
    assert call("find_string") == (groups[0][0] if found else None)
    assert call("find_string_submatch") == (groups[0] if found else None)
    assert call("find_all_string_submatch") == groups
    assert call("find_string_index") == (places[0] if found else None)
    assert call("find_all_string_index") == (places or None)
    parts, last = [], 0
    for match in found:
        parts += [text[last : match.start()], f"<{match.group()}>"]
        last = match.end()
    assert call("replace_all_string", "<$0>") == "".join([*parts, text[last:]])


@pytest.mark.parametrize(
    ("pattern", "name", "arguments", "value"),
    [
        ("(a)(?P<n>b)?", "replace_all_string", ("ab a", "[$1|${n}|$nx|$9|$$|$ ]"), "[a|b|||$|$ ] [a||||$|$ ]"),
        ("a", "split", ("banana", -1), ["b", "n", "n", ""]), ("a", "split", ("banana", 2), ["b", "nana"]),
        ("z", "split", ("banana",), ["banana"]),
        ("", "split", ("abé", -1), ["a", "b", "é"]), ("a", "split", ("", -1), [""]), ("a", "split", ("a", 0), []),
        ("(a)(?P<n>b)", "num_subexp", (), 2), ("(a)(?P<n>b)", "subexp_names", (), ["", "", "n"]),
    ],
)  # fmt: skip
def test_parts_and_replacements(project: moonwit.Project, pattern: str, name: str, arguments: Any, value: Any) -> None:
    """As Go's package has them."""
    assert project.call("t:call", pattern, name, *arguments) == value


@pytest.mark.parametrize("pattern", ["a(b", "(?=a)", "\\1", "a{2000}", "[z-a]", b"\xff", "(" * 5000, "((a{100}){100}){100}"])
def test_patterns_that_are_not_valid(project: moonwit.Project, pattern: Any) -> None:
    """What RE2 does not take, such as looking ahead or back, is an error value."""
    with pytest.raises(moonwit.CallError, match=r"text\.regexp\.compile: the pattern is not valid: ") as problem:
        project.call("t:compile", pattern)
    assert problem.value.kind == "Invalid"


EXPLODING = ["(x+x+)+y", "(x|x)*y", "(x*)*y", "(x|xx)+y", "(.*)(.*)(.*)(.*)y", "x?" * 30 + "x" * 30 + "y"]


def test_patterns_that_explode_elsewhere(run: Callable[[str], str]) -> None:
    """Time is linear in the text: twice as much takes about twice as long, for patterns that take a backtracking matcher forever."""
    patterns = ", ".join(f"'{pattern}'" for pattern in EXPLODING)
    script = lua("patterns_that_explode_elsewhere", PATTERNS=patterns)
    assert run(script) == "true\n" * len(EXPLODING)


def test_the_lane_goes_on_in_a_hundred_megabytes(run: Callable[[str], str]) -> None:
    """While a long text is searched, others run; where there are too many matches, it is said."""
    script = lua("the_lane_goes_on_in_a_hundred_megabytes")
    assert run(script) == "false\ttrue\nfalse\ttrue\nnil\n"


LIMIT = """
  - name: search
    kind: function.lua
    modules: [text]
    limits: {max_execution_ms: 300}
    source: |
      return function(n) return #text.regexp.compile('x(.*y)?'):find_all_string(('x'):rep(n)) end
"""


def test_many_matches_that_look_far_ahead_end_at_the_limit(tmp_path: Path) -> None:
    """Each match is linear, all of them are not: the caller's limit ends them, and the thread that looks for them stops."""
    projects.write(tmp_path, LIMIT)
    with moonwit.open(tmp_path) as project:
        assert project.call("t:search", 100) == 100
        with pytest.raises(moonwit.CallError) as problem:
            project.call("t:search", 2_000_000)
        assert problem.value.kind == "Timeout"


@given(st.text(st.sampled_from("ab é<\n"), max_size=30), st.text(st.sampled_from("ab é<\n"), max_size=30))
@FEW
def test_differences_lead_from_one_text_to_the_other(project: moonwit.Project, before: str, after: str) -> None:
    """What is kept and deleted is the first text, what is kept and inserted the second; patches do the same."""
    made = project.call("t:diff", before, after)
    kinds = {kind: "".join(step["text"] for step in made["steps"] if step["operation"] != kind) for kind in ("insert", "delete")}
    assert kinds == {"insert": before, "delete": after}
    assert (made["result"], made["whole"]) == (after, True)
    counts = made["counts"]
    assert counts["equals"] + counts["deletions"] == len(before) and counts["equals"] + counts["insertions"] == len(after)
    assert "<" not in re.sub("</?(ins|del)>", "", made["html"])


def test_splitting(project: moonwit.Project) -> None:
    """Chunks end between paragraphs, lines or words, and overlap."""
    text = "This is a long text that needs splitting into many parts.\n\nSecond para"
    assert project.call("t:split", text, {"chunk_size": 20, "chunk_overlap": 5}) == [
        "This is a long text", "text that needs", "needs splitting into", "into many parts.", "Second para",
    ]  # fmt: skip
    assert project.call("t:split", "abcdef", {"chunk_size": 2, "chunk_overlap": 0}) == ["ab", "cd", "ef"]
    with pytest.raises(moonwit.CallError, match="chunk_overlap must be"):
        project.call("t:split", "a", {"chunk_size": 2, "chunk_overlap": 2})


@given(st.text(st.sampled_from("ab é\n"), max_size=80), st.integers(1, 12), st.integers(0, 5))
@FEW
def test_chunks_are_bounded(project: moonwit.Project, text: str, size: int, overlap: int) -> None:
    """No chunk is longer than it may be, and nothing but white space is lost."""
    chunks = project.call("t:split", text, {"chunk_size": size, "chunk_overlap": min(overlap, size - 1)})
    assert all(len(chunk) <= size for chunk in chunks)
    assert set("".join(text.split())) == set("".join("".join(chunks).split()))


def test_plain_splitting_and_trimming(project: moonwit.Project) -> None:
    """Separators are plain text."""
    assert project.call("t:plain", "split", "a.b..c", ".") == ["a", "b", "", "c"]
    assert project.call("t:plain", "split", "a.b.c", ".", 2) == ["a", "b.c"]
    assert project.call("t:plain", "trim", " \t a b\n") == "a b"
    assert project.call("t:plain", "trim", "--a-", "-") == "a"
    assert project.call("t:plain", "trim", " " * 1000) == ""


def test_what_to_install_is_said(tmp_path: Path) -> None:
    """Without its libraries the module is there, and its functions say which extra they need; `require` says it of `template`."""
    script = lua("what_to_install_is_said")
    (tmp_path / "script.lua").write_text(script)
    missing = "import sys\nsys.modules.update(dict.fromkeys(['re2', 'diff_match_patch', 'jinja2']))\n"
    program = f"{missing}from moonwit.__main__ import main\nmain(['run', 'script.lua'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split("\n") == [
        "nil\ttext.regexp.compile: a regular expression needs a library that is not installed: pip install 'moonwit[data]'",
        "nil\ttext.diff.compare: a difference of texts needs a library that is not installed: pip install 'moonwit[data]'",
        "a",
        "false\ttemplate: it needs a library that is not installed: pip install 'moonwit[data]'",
        "",
    ]
