"""The module time: durations, moments, zones and layouts held against Python's and Go's; timers and tickers on a test clock."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moonwit.lua.lane.lane import new_state
from moonwit.lua.values import buffer
from tests.texts import texts

read_lua, _ = texts(__file__)

Run = Callable[[str], str]

MODULES, BOOT = new_state({})
BOOT[b"test_clock"]()
TIME = MODULES.execute(b"time, errors = require 'stdlib.time', require 'lua.values.errors' return time")


def lua(expression: str, *arguments: Any) -> Any:
    """Evaluates Lua with `time` in reach; strings come back as text, errors as `Kind: message`."""
    source = "local a, b, c, d = ... local function show(v, e) return e ~= nil and e:kind() .. ': ' .. e:message() or v end "
    values = [value.encode() if isinstance(value, str) else value for value in arguments]
    answer = MODULES.execute(f"{source} return {expression}".encode(), *values)
    one = lambda v: v.decode() if isinstance(v, bytes) else v  # noqa: E731
    return tuple(map(one, answer)) if isinstance(answer, tuple) else one(answer)


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Run:
    """Runs a script on a test clock; gives what it printed, and how it ended."""
    _, boot = new_state({})
    boot[b"test_clock"]()

    def run(source: str) -> str:
        answer = boot[b"run"](source.encode(), b"@s.lua", buffer.encode([]))
        return capfd.readouterr().out + (f"failed: {buffer.decode(answer[0]).message}\n" if answer is not None else "")

    return run


@pytest.mark.parametrize(
    ("text", "shown", "nanoseconds"),
    [
        ("1h30m", "1h30m0s", 5_400_000_000_000), ("0", "0s", 0), ("-0", "0s", 0), ("+5s", "5s", 5_000_000_000),
        ("-1.5s", "-1.5s", -1_500_000_000),
        (".5s", "500ms", 500_000_000), ("5.s", "5s", 5_000_000_000), ("1us", "1µs", 1000), ("1µs", "1µs", 1000),
        ("1μs2ns", "1.002µs", 1002),
        ("3ms14us", "3.014ms", 3_014_000), ("0.3333333333333333333h", "20m0s", 1_200_000_000_000 - 0),
        ("1.000000001s", "1.000000001s", 1_000_000_001),
        ("52763797000ns", "52.763797s", 52_763_797_000), ("39h9m14.425s", "39h9m14.425s", 140_954_425_000_000),
        ("100000000000000000000ns", None, None),
        ("9223372036854775807ns", "2562047h47m16.854775807s", 2**63 - 1), ("-9223372036854775808ns", "-2562047h47m16.854775808s", -(2**63)),
        ("9223372036854775808ns", None, None), ("3000000h", None, None), ("", None, None), ("3", None, None), ("-", None, None),
        ("s", None, None),
        (".", None, None), (".s", None, None), ("1h s", None, None), ("1 h", None, None), ("5 parsecs", None, None), ("1e3s", None, None),
    ],
)  # fmt: skip
def test_durations_as_text(text: str, shown: str | None, nanoseconds: int | None) -> None:
    """Go's texts are read, and written as Go writes them; what is none is an error that says why."""
    answer = lua("(function() local d, e = time.parse_duration(a) "
        "return e and 'no ' .. e:kind() or tostring(d), e and tostring(e) or tostring(d:nanoseconds()) end)()", text)
    if shown is None:
        assert answer[0] == "no Invalid" and answer[1].startswith(f"time.parse_duration: '{text}' is not a duration: ")
    elif text.startswith("0.333"):
        assert answer[0] in ("20m0s", "19m59.999999999s", "19m59.999999998s")
    else:
        assert (answer[0], int(float(answer[1]) if "e" in answer[1] else answer[1].removesuffix("LL"))) == (shown, nanoseconds)


@settings(max_examples=300, deadline=None)
@given(st.integers(-(2**63), 2**63 - 1))
def test_durations_survive_their_text(nanoseconds: int) -> None:
    """Every 64-bit number of nanoseconds is written so that the same number is read."""
    answer = lua("(function() local d = time.parse_duration(a) "
        "local function t(n) return type(n) == 'number' and ('%.0f'):format(n) or tostring(n) end "
        "return t(time.parse_duration(tostring(d)):nanoseconds()), t(d:nanoseconds()) end)()", f"{nanoseconds}ns")
    assert answer[0] == answer[1]
    assert int(answer[0].removesuffix("LL")) == nanoseconds


def test_durations_calculate() -> None:
    """With each other, with numbers of nanoseconds and with text; all comparisons; rounding as in Go."""
    d = "time.parse_duration"
    assert lua(f"tostring({d} '1h' + '30m'), tostring({d} '1h' - {d} '90m'), tostring(-{d} '5s'), tostring({d} '2s' * 3), "
        f"tostring(3 * {d} '2s')") == (
        "1h30m0s", "-30m0s", "-5s", "6s", "6s")  # fmt: skip
    assert lua(f"{d} '3s' / {d} '2s', tostring({d} '3s' / 2), {d} '60s' == {d} '1m', {d} '1s' < {d} '2s', {d} '2s' <= {d} '1s'") == (
        1.5, "1.5s", True, True, False)  # fmt: skip
    assert lua(f"{d} '1.5h':hours(), {d} '90s':minutes(), {d} '1500ms':seconds(), {d} '1.9ms':milliseconds(), "
        f"{d} '1.9us':microseconds()") == (
        1.5, 1.5, 1.5, 1, 1)  # fmt: skip
    x = f"{d} '1h15m30.918273645s'"
    for unit, rounded, truncated in [("1ns", "1h15m30.918273645s", "1h15m30.918273645s"), ("1us", "1h15m30.918274s", "1h15m30.918273s"),
                                     ("1s", "1h15m31s", "1h15m30s"), ("2s", "1h15m30s", "1h15m30s"), ("10m", "1h20m0s", "1h10m0s"),
                                     ("2h", "2h0m0s", "0s"),
                                     ("0", "1h15m30.918273645s", "1h15m30.918273645s")]:  # fmt: skip
        assert lua(f"tostring(({x}):round(a)), tostring(({x}):truncate(a)), tostring((-{x}):round(a))", unit) == (
            rounded, truncated, rounded if rounded == "0s" else "-" + rounded)  # fmt: skip


LAYOUT = "%Y-%m-%d %H:%M:%S"
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo",
         "Europe/Dublin",
         "Pacific/Apia", "Asia/Tehran", "UTC", "Africa/Monrovia", "America/St_Johns", "Antarctica/Troll"]  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(st.integers(-62135596800 + 86400 * 2, 253402300799 - 86400 * 2), st.sampled_from(ZONES))
def test_moments_read_as_pythons(unix: int, name: str) -> None:
    """In every zone, over all years that Python has: date, time, offset, abbreviation, weekday, day of the year, ISO week."""
    answer = lua("(function(t) local y, w = t:iso_week() "
        "local z, o = t:zone() return t:format('2006-01-02 15:04:05'), t:weekday(), t:year_day(), "
        "y, w, z, o end)(time.unix(a):in_location(time.load_location(b)))", unix, name)
    there = datetime.datetime.fromtimestamp(unix, datetime.UTC).astimezone(zoneinfo.ZoneInfo(name))
    iso = there.isocalendar()
    offset = there.utcoffset()
    assert offset is not None
    date = f"{there.year:04}-{there:%m-%d %H:%M:%S}"
    expected = (date, there.isoweekday() % 7, there.timetuple().tm_yday, iso[0], iso[1], there.tzname(), offset.total_seconds())
    assert answer == expected


@settings(max_examples=300, deadline=None)
@given(st.integers(1950, 2090), st.integers(1, 365), st.integers(0, 86399), st.sampled_from(ZONES))
def test_dates_in_a_zone_are_pythons(year: int, day: int, second: int, name: str) -> None:
    """A local time names the moment that Python finds for it; in a gap or an overlap, one of the two it may be."""
    naive = datetime.datetime(year, 1, 1) + datetime.timedelta(days=day - 1, seconds=second)
    unix = lua("time.date(a, 1, b, 0, 0, c, 0, time.load_location(d)):unix()", year, day, second, name)
    zone = zoneinfo.ZoneInfo(name)
    # Before the epoch the system's files may round offsets that were not whole seconds.
    offsets = [naive.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    assert unix in {int((naive.replace(tzinfo=datetime.UTC) - offset).timestamp()) for offset in offsets if offset is not None}


def test_dates_beyond_their_range_count_on() -> None:
    """As in Go: October 32 is November 1, month 0 is December, and the leap day is there."""
    iso = ":format('2006-01-02T15:04:05.999999999')"
    assert lua(f"time.date(2023, 10, 32){iso}, time.date(2024, 0, 1){iso}, time.date(2024, 2, 30, -1){iso}, time.date(2000, 1, 1, "
        f"0, 0, 0, -1){iso}") == (
        "2023-11-01T00:00:00", "2023-12-01T00:00:00", "2024-02-29T23:00:00", "1999-12-31T23:59:59.999999999")  # fmt: skip
    assert lua(f"time.date(2024, 1, 31):add_date(0, 1, 0){iso}, time.date(2024, 2, 29):add_date(1, 0, 0){iso}") == (
        "2024-03-02T00:00:00", "2025-03-01T00:00:00")  # fmt: skip


MOMENT = "time.date(2009, 2, 4, 21, 0, 57, 12345600, time.fixed_zone('PST', -8 * 3600))"


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("ANSIC", "Wed Feb  4 21:00:57 2009"), ("UNIXDATE", "Wed Feb  4 21:00:57 PST 2009"), ("RUBYDATE", "Wed Feb 04 21:00:57 -0800 2009"),
        ("RFC822", "04 Feb 09 21:00 PST"), ("RFC850", "Wednesday, 04-Feb-09 21:00:57 PST"), ("RFC1123", "Wed, 04 Feb 2009 21:00:57 PST"),
        ("RFC1123Z", "Wed, 04 Feb 2009 21:00:57 -0800"), ("RFC3339", "2009-02-04T21:00:57-08:00"),
        ("RFC3339NANO", "2009-02-04T21:00:57.0123456-08:00"),
        ("KITCHEN", "9:00PM"), ("STAMP", "Feb  4 21:00:57"), ("STAMPMILLI", "Feb  4 21:00:57.012"),
        ("STAMPMICRO", "Feb  4 21:00:57.012345"),
        ("STAMPNANO", "Feb  4 21:00:57.012345600"), ("DATETIME", "2009-02-04 21:00:57"), ("DATEONLY", "2009-02-04"),
        ("TIMEONLY", "21:00:57"),
        ("3pm", "9pm"), ("03PM", "09PM"), ("January 2, 2006", "February 4, 2009"), ("__2 002", " 35 035"), ("2006_2006 _2", "2009_2009  4"),
        ("Z0700 Z07:00 Z07 -07 -070000 Z07:00:00", "-0800 -08:00 -08 -08 -080000 -08:00:00"), ("05.00 05,000 05.99", "57.01 57,012 57.01"),
        ("Janet Monday", "Janet Wednesday"), ("4 minutes 5", "0 minutes 57"), ("1/2/06", "2/4/09"),
    ],
)  # fmt: skip
def test_go_layouts(layout: str, text: str) -> None:
    """Each element is written as Go's tests of its time package say."""
    assert lua(f"{MOMENT}:format(time[a] or a)", layout) == text


def test_zero_offsets_and_nameless_zones() -> None:
    """Z stands for UTC; a zone without a name shows its offset; negative and large years have four digits and more."""
    assert lua("time.date(2024, 1, 2):format(time.RFC3339), "
        "time.date(2024, 1, 2, 0, 0, 0, 0, time.fixed_zone('', -19800)):format('MST -07')") == (
        "2024-01-02T00:00:00Z", "-0530 -05")  # fmt: skip
    assert lua("time.date(-7, 1, 2):format(time.DATEONLY), time.date(12345, 1, 2):format(time.DATEONLY), "
        "tostring(time.date(1, 1, 1)), time.date(1, 1, 1):is_zero()") == (
        "-0007-01-02", "12345-01-02", "0001-01-01 00:00:00 +0000 UTC", True)  # fmt: skip


@pytest.mark.parametrize(
    ("layout", "text", "shown"),
    [
        ("RFC3339", "2009-02-04T21:00:57-08:00", "2009-02-04T21:00:57-08:00"),
        ("RFC3339", "2009-02-04T21:00:57.0123Z", "2009-02-04T21:00:57.0123Z"),
        ("RFC3339NANO", "2009-02-04T21:00:57Z", "2009-02-04T21:00:57Z"), ("ANSIC", "Thu Feb  4 21:00:57 2010", "2010-02-04T21:00:57Z"),
        ("RFC850", "Thursday, 04-Feb-10 21:00:57 UTC", "2010-02-04T21:00:57Z"), ("KITCHEN", "12:05AM", "0000-01-01T00:05:00Z"),
        ("KITCHEN", "12:05PM", "0000-01-01T12:05:00Z"), ("2006-002", "2024-366", "2024-12-31T00:00:00Z"),
        ("2 Jan 06", "5 Mar 70", "1970-03-05T00:00:00Z"),
        ("2 january 06", "2 january 06", "2006-01-02T00:00:00Z"), ("2 January 06", "2 januarY 06", "2006-01-02T00:00:00Z"),
        ("Jan", "Foo", None), ("STAMPMILLI", "Feb  4 21:00:57.012", "0000-02-04T21:00:57.012Z"), ("2006-01-02", "2024-02-30", None),
        ("2006-01-02", "2024-2-03", None), ("2006-01-02", "2024-02-03x", None), ("2006-01-02", "2024-02", None), ("15:04", "24:00", None),
        ("15:04:05", "23:59:60", None), ("RFC3339", "2024-01-01T00:00:00+25:00", None), ("2006 002 01", "2024 060 03", None),
        ("PM", "XX", None),
        ("2006-01-02 MST", "2024-07-01 CEST", "2024-07-01T00:00:00Z"), ("-07", "+05", "0000-01-01T00:00:00+05:00"),
        ("2006-01-02 MST", "2024-07-01 GMT-8", "2024-07-01T00:00:00-08:00"), ("", "", "0000-01-01T00:00:00Z"), ("x2006", "y2006", None),
    ],
)  # fmt: skip
def test_parsing_by_layout(layout: str, text: str, shown: str | None) -> None:
    """What fits is the moment that Go finds; what does not is an error of kind Invalid that says what was expected where."""
    answer = lua("show((function() local t, e = time.parse(time[a] or a, b) "
        "return t and t:format(time.RFC3339NANO), e end)())", layout, text)
    if shown is None:
        assert answer.startswith(f"Invalid: time.parse: '{text}' doesn't fit the layout '")
    else:
        assert answer == shown


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 4102444800), st.integers(0, 999999999), st.sampled_from(ZONES))
def test_what_is_formatted_is_parsed(unix: int, nanosecond: int, name: str) -> None:
    """A moment survives RFC 3339 with nanoseconds, and RFC 1123 in its location by abbreviation or offset."""
    source = read_lua("what_is_formatted_is_parsed")
    assert lua(source, unix, nanosecond, name) is True


def test_parsing_in_a_location() -> None:
    """Without a zone in the text it is the location's time; with its offset or abbreviation, it is in the location."""
    berlin = "time.load_location 'Europe/Berlin'"
    assert lua(f"tostring(time.parse('2006-01-02 15:04', '2024-07-01 12:00', {berlin})), "
        f"tostring(time.parse(time.RFC3339, '2024-07-01T12:00:00+02:00', {berlin}))") == (
        "2024-07-01 12:00:00 +0200 CEST", "2024-07-01 12:00:00 +0200 CEST")  # fmt: skip
    assert lua(f"tostring(time.parse('2006-01-02 15:04 MST', '2024-01-01 12:00 CET', {berlin})), "
        f"tostring(time.parse('2006-01-02 MST', '2024-01-01 XYZ', {berlin}))") == (
        "2024-01-01 12:00:00 +0100 CET", "2024-01-01 00:00:00 +0000 XYZ")  # fmt: skip


def test_locations() -> None:
    """A name is looked up in the system's zones and leads nowhere else."""
    assert lua("tostring(time.load_location 'UTC'), time.utc == time.UTC and tostring(time.utc), "
        "tostring(time.load_location 'Asia/Tokyo'), time.UTC == time.load_location 'UTC'") == (
        "UTC", "UTC", "Asia/Tokyo", True)  # fmt: skip
    places = ["", "../etc/passwd", "/etc/passwd", "Europe/../UTC", "Europe//Berlin", "."]
    for name in [*places, "a b", "Europe/Berlin\0x", "x" * 200, "zone.tab"]:
        assert lua("show(time.load_location(a))", name).startswith("Invalid: time.load_location: '"), name
    for name in ["Europe/Nowhere", "Europe", "leapseconds"]:
        assert lua("show(time.load_location(a))", name) == f"NotFound: time.load_location: the system has no time zone '{name}'"


def test_arithmetic_on_moments() -> None:
    """Adding and subtracting is exact in nanoseconds; differences beyond 292 years are the longest duration."""
    t = "time.date(2024, 2, 29, 13, 4, 5, 123456789)"
    assert lua(f"tostring({t}:unix_nano()), ({t} + '24h'):day(), ({t} - 1):nanosecond(), tostring({t} - time.date(2024, 1, 1)), "
        f"{t}:unix(), {t}:unix_milli()") == (
        "1709211845123456789LL", 1, 123456788, "1429h4m5.123456789s", 1709211845, 1709211845123)  # fmt: skip
    assert lua(f"tostring(time.date(2024, 1, 1) - time.date(1, 1, 1)), "
        f"{t}:add('-1ns') < {t}, {t} == {t}:in_location(time.fixed_zone('x', 3600)), {t}:after({t}), {t}:equal({t})") == (
        "2562047h47m16.854775807s", True, True, False, True)  # fmt: skip
    assert lua("(pcall(function() return time.date(2300, 1, 1):unix_nano() end))") is False


@settings(max_examples=200, deadline=None)
@given(st.integers(-62135596800 - 10**9, 253402300799), st.integers(0, 999999999), st.integers(1, 2**62))
def test_rounding_moments_is_exact(unix: int, nanosecond: int, step: int) -> None:
    """Truncating takes off the remainder since year 1, whatever the size of the step; rounding goes to the nearest."""
    rest = ((unix + 62135596800) * 10**9 + nanosecond) % step
    down = unix * 10**9 + nanosecond - rest
    near = down if rest + rest < step else down + step
    answer = lua("(function() local t = time.unix(a, b) "
        "local x, y = t:truncate(c), t:round(c) return x:unix(), x:nanosecond(), y:unix(), "
        "y:nanosecond() end)()", unix, nanosecond, f"{step}ns")
    assert answer == (down // 10**9, down % 10**9, near // 10**9, near % 10**9)


def test_misuse_is_blamed_on_the_script(run: Run) -> None:
    """Wrong durations, methods and arguments are named, with what was meant."""
    cases = [
        ("time.sleep()", 'time.sleep: expected a duration (text such as "1h30m", a Duration, or a number of nanoseconds), got nil'),
        ("time.sleep('5 parsecs')", "time.sleep: '5 parsecs' is not a duration: ' parsecs' is not a unit (ns, us, ms, s, m, h)"),
        ("time.sleep(0/0)", "time.sleep: expected a duration below 292 years, got the number nan"),
        ("time.after(1/0)", "time.after: expected a duration below 292 years, got the number inf"),
        ("time.ticker('1s'):reset(0)", "ticker:reset: expected a duration longer than 0, got 0"),
        ("time.now():fromat('x')", "a Time has no method 'fromat', did you mean 'format'?"),
        ("time.now():format()", "time:format: expected a layout such as time.RFC3339, got nil"),
        ("time.now():format('YYYY-MM-DD')", "time:format: expected a layout that writes the moment Mon Jan 2 15:04:05 2006 "
         "(\"2006-01-02\", time.RFC3339), got 'YYYY-MM-DD'"),
        ("time.now():format('%Y')", "time:format: expected a layout that writes the moment Mon Jan 2 15:04:05 2006 "
         "(\"2006-01-02\", time.RFC3339), got '%Y'"),
        ("time.date('x')", "time.date: expected a whole number as the year, got a string"),
        ("time.date(2024, 1.5)", "time.date: expected a whole number as the month, got 1.5"),
        ("time.timer(1).x = 1", "a Timer can't be changed"),
        ("time.now().x = 1", "a Time can't be changed"),
        ("time.date(1e12)", "the time is more than a hundred million years away"), 
        ("time.now():add_date(1e9)", "the time is more than a hundred million years away"),
        ("return time.now() < 5", "attempt to compare userdata with number"),
    ]
    for source, message in cases:
        assert run(source) == f"failed: s.lua:1: {message}\n", source


def test_after_timer_and_stop(run: Run) -> None:
    """They deliver the time once; stop and reset tell whether it was still to come, and nothing old comes out afterwards."""
    assert run(read_lua("after_timer_and_stop")) == (
        "1s\ttrue\t1s\ntrue\tfalse\ntrue\tfalse\n13s\tfalse\ntrue\t16s\n20s\ntrue\t20.001s\t20.001s\t20.001s\n"
    )


def test_the_references_names(run: Run) -> None:
    """Layouts, locations and methods are found under the names of the reference too; a duration that is none gives no timer."""
    assert run(read_lua("the_references_names")) == (
        "DATE_TIME\t2024-12-25 10:30:05\nDATE_ONLY\t2024-12-25\nTIME_ONLY\t10:30:05\n"
        "STAMP_MILLI\tDec 25 10:30:05.123\nSTAMP_MICRO\tDec 25 10:30:05.123456\nSTAMP_NANO\tDec 25 10:30:05.123456789\n"
        "true\tLocal\ntrue\ttrue\ttrue\tfalse\n"
        + "".join(
            f"nil\tInvalid\ttime.{name}: {words}\n"
            for name in ("timer", "ticker")
            for words in (
                *(f"expected a duration longer than 0, got {shown}" for shown in ("0", "-1", "0s")),
                "'soon' is not a duration: expected a number, got 'soon'",
            )
        )
    )


def test_a_date_without_a_location_is_here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    """It is in the system's zone, as the reference has it."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    _, boot = new_state({})
    source = b"print(time.date(2024, 1, 15, 12), time.date(2024, 1, 15, 12, 0, 0, 0, time.utc))"
    assert boot[b"run"](source, b"@s.lua", buffer.encode([])) is None
    assert capfd.readouterr().out == "2024-01-15 12:00:00 +0900 JST\t2024-01-15 12:00:00 +0000 UTC\n"


def test_timers_that_lost_are_forgotten(run: Run) -> None:
    """What a select did not take, and nobody waits for, takes no memory however long it would run; nor does a timer or a ticker."""
    for made in ("time.after('10m')", "time.timer('10m'):channel()", "time.ticker('10m'):channel()"):
        grown = run(read_lua("timers_that_lost_are_forgotten", MADE=made))
        assert grown == "true\n", made


def test_everybody_who_waits_for_a_timer_is_asked(run: Run) -> None:
    """The first who waits gets the time; a reset counts for those who wait already; a ticker serves all in order."""
    assert run(read_lua("everybody_who_waits_for_a_timer_is_asked")) == "earlier 500ms; tick 1 1s; tick 2 2s; tick 3 3s; later 20.6s\n"


def test_a_timer_outlives_who_made_it(run: Run) -> None:
    """A channel that comes due may be waited for by whoever holds it, and keeps nothing else from ending."""
    assert run(read_lua("a_timer_outlives_who_made_it")) == (
        "4s\t0s\nfailed: deadlock: every coroutine waits and nothing can wake one: "
        "the main coroutine waits for channel receive at s.lua:7\n"
    )


def test_tickers_keep_their_pace(run: Run) -> None:
    """Ticks come at multiples of the period however long each is worked on; those that are missed are dropped."""
    assert run(read_lua("tickers_keep_their_pace")) == "10ms\n20ms\n30ms\n40ms\t90ms\n1.09s\ntrue\n"


def test_now_is_the_clocks_time(run: Run) -> None:
    """Sleeping moves it on by what was slept, and the difference of two readings is monotonic."""
    assert run("""
      local t = time.now()
      time.sleep(1) time.sleep("1s") time.sleep(time.parse_duration "1m") time.sleep(2 * time.HOUR)
      print(time.now() - t, time.since(t), t:format(time.RFC3339))""") == "2h1m1.000000001s\t2h1m1.000000001s\t2024-01-01T00:00:00Z\n"


def test_a_script_that_only_sleeps_loads_no_calendar() -> None:
    """Zones, moments and channels are loaded when they are first used."""
    state, boot = new_state({})
    boot[b"test_clock"]()
    assert boot[b"run"](b"time.sleep('1s')", b"@s.lua", buffer.encode([])) is None
    loaded = b"local n = {} for k in pairs(package.loaded) do n[#n + 1] = k end return table.concat(n, ' ')"
    names = state.execute(loaded).split()
    assert b"stdlib.time" in names
    assert not {b"stdlib.channel", b"stdlib.time.moment", b"stdlib.time.zone", b"stdlib.time.parse"} & set(names)
