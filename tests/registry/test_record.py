"""Immutable classes: what @record promises in place of @dataclass(frozen=True)."""

from dataclasses import field

import pytest

from moonwit.registry.record import identified, record, replace


@record
class Point:
    """Two numbers and a label that does not count."""

    x: int
    y: int = 2
    label: str | None = field(default=None, compare=False)
    tags: list[str] = field(default_factory=list, compare=False)


@record
class Other:
    x: int
    y: int = 2


def test_fields_are_given_by_place_or_name():
    """A record is made as a dataclass is; what is missing, unknown or given twice is a TypeError."""
    assert (Point(1).y, Point(y=5, x=1).y, Point(1, 3, "a").label) == (2, 5, "a")
    for wrong in (lambda: Point(), lambda: Point(1, x=1), lambda: Point(1, z=1), lambda: Point(1, 2, "a", [], 5)):
        with pytest.raises(TypeError):
            wrong()


def test_equality_and_hash_are_by_content_and_class():
    """Equal fields make equal records of one class; a field that is not compared does not count."""
    assert Point(1, 2, "a") == Point(1, 2, "b") and hash(Point(1, 2, "a")) == hash(Point(1, 2, "b"))
    assert Point(1) != Point(2) and Point(1) != Other(1) and Point(1) != (1, 2)
    assert len({Point(1), Point(1), Other(1)}) == 2


def test_a_record_can_not_be_changed():
    """Assignment and deletion raise; replace gives a changed copy."""
    point = Point(1)
    with pytest.raises(AttributeError):
        point.x = 5
    with pytest.raises(AttributeError):
        del point.x
    assert replace(point, y=7) == Point(1, 7) and point == Point(1)


def test_defaults_are_made_anew():
    """A default factory runs for each record."""
    assert Point(1).tags is not Point(1).tags


def test_patterns_match_by_place():
    """`case Point(x, y)` takes the fields in order; repr names them."""
    match Point(4, 5):
        case Point(x, y):
            assert (x, y) == (4, 5)
    assert repr(Other(1)) == "Other(x=1, y=2)"


@identified
class Place:
    """Changes as its owner goes on."""

    name: str
    inside: list[str] = field(default_factory=list)


def test_what_is_identified_is_equal_to_itself_alone():
    """Fields are given as a record's are, and may be changed; two with the same content are two."""
    one, other = Place("a"), Place(name="a", inside=[])
    assert one == one and one != other and len({one, other}) == 2
    assert one.inside is not other.inside
    one.name = "b"
    assert (one.name, other.name) == ("b", "a")
    with pytest.raises(TypeError, match="Place needs a value for 'name'"):
        Place()
