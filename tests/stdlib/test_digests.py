"""The modules `base64`, `hash` and `uuid`, against Python's own."""

import base64
import hashlib
import hmac
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import moonwit
from tests.projects import opened

ENTRIES = """
  - name: call
    kind: function.lua
    modules: [base64, hash, uuid]
    source: |
      local modules = { base64 = base64, hash = hash, uuid = uuid }
      return function(module, name, ...) return modules[module][name](...) end
"""


@pytest.fixture(scope="module")
def call(tmp_path_factory):
    """Calls a function of one of the modules."""
    folder = tmp_path_factory.mktemp("project")
    with opened(folder, ENTRIES) as project:
        yield lambda module, name, *arguments: project.call("t:call", module, name, *arguments)


BYTES = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])


def as_bytes(value):
    return value.encode() if isinstance(value, str) else value


@given(data=st.binary(max_size=200))
@BYTES
def test_base64_is_pythons(call, data):
    """Any bytes are encoded as Python does, and come back."""
    text = call("base64", "encode", data)
    assert text == base64.b64encode(data).decode()
    assert as_bytes(call("base64", "decode", text)) == data


@pytest.mark.parametrize("text", ["a", "aGVsbG8", "aGVsbG8_", "====", "aGVs bG8=", "é"])
def test_what_is_no_base64_is_invalid(call, text):
    """Other alphabets, blanks and missing padding are an error value."""
    with pytest.raises(moonwit.CallError, match=r"base64\.decode: the text is not base64") as problem:
        call("base64", "decode", text)
    assert problem.value.kind == "Invalid"


def test_base64_in_lines_is_read(call):
    """Line ends are not part of the text."""
    assert call("base64", "decode", "aGVs\r\nbG8=\n") == "hello"


@given(data=st.binary(max_size=200), key=st.binary(max_size=200))
@pytest.mark.parametrize("algorithm", ["md5", "sha1", "sha256", "sha512"])
@BYTES
def test_digests_are_pythons(call, algorithm, data, key):
    """Each digest, plain and keyed, as hex digits and as bytes."""
    assert call("hash", algorithm, data) == hashlib.new(algorithm, data).hexdigest()
    assert as_bytes(call("hash", algorithm, data, True)) == hashlib.new(algorithm, data).digest()
    assert call("hash", f"hmac_{algorithm}", data, key) == hmac.new(key, data, algorithm).hexdigest()


def test_uuids_are_as_their_version_says(call):
    """Random ones differ, timed ones begin with the time, named ones are those of Python."""
    random = {call("uuid", "v4") for _ in range(100)}
    assert len(random) == 100 and all(uuid.UUID(one).version == 4 and uuid.UUID(one).variant == uuid.RFC_4122 for one in random)
    first, second = (uuid.UUID(call("uuid", "v7")) for _ in range(2))
    assert first.version == second.version == 7 and first.int >> 80 <= second.int >> 80 and first != second
    assert call("uuid", "v5", str(uuid.NAMESPACE_DNS), "ä.org") == str(uuid.uuid5(uuid.NAMESPACE_DNS, "ä.org"))
    assert call("uuid", "v3", str(uuid.NAMESPACE_URL), "x") == str(uuid.uuid3(uuid.NAMESPACE_URL, "x"))
    assert call("uuid", "version", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8") == 1


@pytest.mark.parametrize("text", ["", "x", "6ba7b8109dad11d180b400c04fd430c8", "6ba7b810-9dad-11d1-80b4-00c04fd430cg", 1, None])
def test_what_is_no_uuid_is_told(call, text):
    """`validate` says no, the others give an error value."""
    assert call("uuid", "validate", text) is False
    for name, arguments in (("version", (text,)), ("v5", (text, "name"))):
        with pytest.raises(moonwit.CallError) as problem:
            call("uuid", name, *arguments)
        assert problem.value.kind == "Invalid"


@pytest.mark.parametrize(
    "call_it", [("base64", "encode", 1), ("base64", "decode"), ("hash", "sha256"), ("hash", "hmac_md5", "x"), ("uuid", "v5", "x")]
)
def test_misuse_raises(call, call_it):
    """A wrong type names the function and what it takes."""
    with pytest.raises(moonwit.CallError, match="expected a string as the") as problem:
        call(*call_it)
    assert problem.value.kind == "Internal"
