"""`method:` finds one export, or says what there is."""

import pytest

from moonwit.host.functions.methods import UnknownMethod, resolve

EXPORTS = [
    "transform-users",
    "demo:a/x@1.2.0#run",
    "demo:a/x@2.0.0#run",
    "demo:b/y#go",
    "demo:a/y@0.2.0#go",
    "demo:b/test-sleep@0.2.1#sleep-ms",
    "demo:a/z@1.2.0#[constructor]counter",
    "demo:a/z@1.2.0#[method]counter.get-value",
    "demo:a/z@1.2.0#[static]counter.make",
    "inline#go",
]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *((path, path) for path in EXPORTS),
        ("transform_users", "transform-users"),
        ("x@2.0.0#run", "demo:a/x@2.0.0#run"),
        ("demo:a/x@1.0.0#run", "demo:a/x@1.2.0#run"),
        ("demo:a/x@1.9.3#run", "demo:a/x@1.2.0#run"),
        ("demo:a/y#go", "demo:a/y@0.2.0#go"),
        ("demo:a/y@0.2.7#go", "demo:a/y@0.2.0#go"),
        ("test-sleep#sleep-ms", "demo:b/test-sleep@0.2.1#sleep-ms"),
        ("test_sleep#sleep_ms", "demo:b/test-sleep@0.2.1#sleep-ms"),
        ("demo:b/test-sleep#sleep-ms", "demo:b/test-sleep@0.2.1#sleep-ms"),
        ("z#[constructor]counter", "demo:a/z@1.2.0#[constructor]counter"),
        ("z#[method]counter.get_value", "demo:a/z@1.2.0#[method]counter.get-value"),
        ("z#[static]counter.make", "demo:a/z@1.2.0#[static]counter.make"),
    ],
)
def test_found(method: str, path: str) -> None:
    """An interface may lack its version or be its last name, versions are compatible, and `_` stands for `-`."""
    assert resolve(EXPORTS, method) == path


def test_the_exact_spelling_wins() -> None:
    """Where two exports differ only in `_` and `-`, the one spelled as asked is meant."""
    assert resolve(["a-b", "a_b"], "a_b") == "a_b"
    assert resolve(["demo:a/x@1.2.0#f-g", "demo:a/x@1.2.0#f_g"], "x#f_g") == "demo:a/x@1.2.0#f_g"


def test_the_exact_version_wins() -> None:
    """Of several compatible versions the one asked for is meant."""
    assert resolve(["demo:a/x@1.2.0#f", "demo:a/x@1.3.0#f"], "x@1.3.0#f") == "demo:a/x@1.3.0#f"


@pytest.mark.parametrize(
    ("method", "sentence"),
    [
        ("x#run", "`x#run` may be any of `demo:a/x@1.2.0#run` and `demo:a/x@2.0.0#run`; write one of them in full"),
        ("y#go", "`y#go` may be any of `demo:b/y#go` and `demo:a/y@0.2.0#go`; write one of them in full"),
        ("transform-user", "there is no function `transform-user`; did you mean `transform-users`?; exported are `transform-users`, "),
        ("run", "there is no function `run`; did you mean `demo:a/x@1.2.0#run`?; exported are "),
        ("x#ran", "there is no function `x#ran`; did you mean `demo:a/x@1.2.0#run`?; exported are "),
        ("x@3.0.0#run", "there is no function `x@3.0.0#run`; did you mean `demo:a/x@1.2.0#run`?; exported are "),
        ("demo:a/y@0.3.0#go", "there is no function `demo:a/y@0.3.0#go`; did you mean "),
        ("zzzzzzz", "there is no function `zzzzzzz`; exported are `transform-users`, "),
    ],
)
def test_not_found(method: str, sentence: str) -> None:
    """An unknown or ambiguous method is told with the exports, and with the nearest name if there is one."""
    with pytest.raises(UnknownMethod) as caught:
        resolve(EXPORTS, method)
    assert str(caught.value).startswith(sentence)


def test_pre_releases_stand_for_themselves() -> None:
    """A pre-release of an interface is not taken for another version."""
    with pytest.raises(UnknownMethod):
        resolve(["demo:a/x@1.2.0-rc.1#run"], "x@1.2.0#run")
    assert resolve(["demo:a/x@1.2.0-rc.1#run"], "x@1.2.0-rc.1#run") == "demo:a/x@1.2.0-rc.1#run"


def test_nothing_exported() -> None:
    """A binary without functions is told as such."""
    with pytest.raises(UnknownMethod, match=r"^there is no function `a`: the binary exports no functions at all; export one$"):
        resolve([], "a")


def test_names_are_shown_safely() -> None:
    """Control characters in an export's name do not reach the terminal."""
    with pytest.raises(UnknownMethod) as caught:
        resolve(["\x1b[2J"], "a")
    assert "\x1b" not in str(caught.value)
