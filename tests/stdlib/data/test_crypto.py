"""The module crypto, held against published vectors and against the libraries themselves."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

import moonwit
from moonwit.stdlib.tasks.crypto import random_text
from tests import projects

INDEX = """
  - name: call
    kind: function.lua
    modules: [crypto]
    source: |
      return function(group, name, ...) if group == '' then return crypto[name](...) end return crypto[group][name](...) end
  - name: hex
    kind: function.lua
    modules: [crypto]
    source: |
      local function byte(digits) return string.char(tonumber(digits, 16)) end
      local function raw(text) return type(text) == 'string' and (text:gsub('..', byte)) or text end
      return function(group, name, a, b, c)
        local value, problem = crypto[group][name](raw(a), raw(b), raw(c))
        if type(value) ~= 'string' then return value, problem end
        return (value:gsub('.', function(c) return ('%02x'):format(c:byte()) end))
      end
  - name: slow
    kind: function.lua
    modules: [crypto]
    limits: {max_execution_ms: 300}
    source: return function() return crypto.pbkdf2('p', 's', 10000000, 1024) end
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[moonwit.Project]:
    folder: Path = tmp_path_factory.mktemp("project")
    projects.write(folder, INDEX)
    with moonwit.open(folder) as opened:
        yield opened


def in_hex(project: moonwit.Project, group: str, name: str, *arguments: bytes) -> Any:
    found = project.call("t:hex", group, name, *(each.hex() for each in arguments))
    return bytes.fromhex(found) if isinstance(found, str) else found


@pytest.mark.parametrize(("name", "cipher", "sizes"), [("aes", AESGCM, (16, 24, 32)), ("chacha20", ChaCha20Poly1305, (32,))])
def test_encryption(project: moonwit.Project, name: str, cipher: Any, sizes: tuple[int, ...]) -> None:
    """The nonce stands before the data, and is another each time; any change is noticed; keys have their sizes."""
    for size in sizes:
        key, data, aad = bytes(range(size)), b"\x00secret\xff" * 3, b"for"
        sealed = in_hex(project, "encrypt", name, data, key, aad)
        assert cipher(key).decrypt(sealed[:12], sealed[12:], aad) == data
        assert in_hex(project, "decrypt", name, sealed, key, aad) == data
        assert in_hex(project, "encrypt", name, data, key, aad)[:12] != sealed[:12]
        changed = [sealed[:i] + bytes([sealed[i] ^ 1]) + sealed[i + 1 :] for i in (0, 12, len(sealed) - 1)]
        for wrong, with_key, with_aad in (
            *((each, key, aad) for each in changed),
            (sealed, key[::-1], aad),
            (sealed, key, b""),
            (b"", key, aad),
        ):
            with pytest.raises(moonwit.CallError, match="the data can't be decrypted") as problem:
                in_hex(project, "decrypt", name, wrong, with_key, with_aad)
            assert problem.value.kind == "Internal"
    with pytest.raises(moonwit.CallError, match=r"the key must have .*32 bytes, and it has 5"):
        in_hex(project, "encrypt", name, b"x", b"short")


def test_signatures(project: moonwit.Project) -> None:
    """The second vector of RFC 8032; keys that are made; what does not fit."""
    private = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = in_hex(project, "ed25519", "sign", private, b"\x72")
    assert signature.hex().startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    assert in_hex(project, "ed25519", "verify", public, b"\x72", signature) is True
    assert in_hex(project, "ed25519", "verify", public, b"\x73", signature) is False
    assert in_hex(project, "ed25519", "verify", public, b"\x72", b"short") is False
    made = project.call("t:call", "ed25519", "generate")
    assert {key: len(value) for key, value in made.items()} == {"private": 32, "public": 32}
    with pytest.raises(moonwit.CallError, match="the private key must have 32 bytes, and it has 1"):
        in_hex(project, "ed25519", "sign", b"x", b"m")


def test_keys_of_passwords(project: moonwit.Project) -> None:
    """As Python derives them; many rounds end at the caller's limit."""
    for algorithm, iterations in (("sha256", 1), ("sha512", 3000)):
        found = project.call("t:call", "", "pbkdf2", "password", "salt", iterations, 70, algorithm)
        wanted = hashlib.pbkdf2_hmac(algorithm, b"password", b"salt", iterations, 70)
        assert (found.encode() if isinstance(found, str) else found) == wanted
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:slow")
    assert problem.value.kind == "Timeout"
    for wrong in (("", "s", 1, 1), ("p", "", 1, 1), ("p", "s", 0, 1), ("p", "s", 10_000_001, 1), ("p", "s", 1, 0), ("p", "s", 1, 1, "md5")):
        with pytest.raises(moonwit.CallError) as problem:
            project.call("t:call", "", "pbkdf2", *wrong)
        assert problem.value.kind == "Invalid"


def test_randomness(project: moonwit.Project) -> None:
    """Lengths are bounded; a text has only what it may, and each of it as often."""
    assert len(project.call("t:hex", "random", "bytes", 32)) == 64
    assert set(project.call("t:call", "random", "string", 1000, "ab")) == {"a", "b"}
    counts = [random_text(30000, b"abc").count(letter) for letter in (b"a", b"b", b"c")]
    assert all(abs(count - 10000) < 600 for count in counts)
    for wrong in (0, 1048577, 1.5, -1):
        with pytest.raises(moonwit.CallError, match="from 1 to 1048576"):
            project.call("t:call", "random", "bytes", wrong)
    assert project.call("t:call", "", "constant_time_compare", "a", "a") is True
    assert project.call("t:call", "", "constant_time_compare", "a", "ab") is False
    assert project.call("t:call", "hmac", "sha512", "k", "d") == hmac.new(b"k", b"d", "sha512").hexdigest()


SECRET = "a secret of more than thirty-two bytes, as it should be"


def test_tokens(project: moonwit.Project) -> None:
    """Others read our tokens, and we theirs; the header may say more."""
    claims = {"sub": "me", "exp": int(time.time()) + 600, "list": [1, {"a": True}]}
    token = project.call("t:call", "jwt", "encode", {**claims, "_header": {"kid": "1"}}, SECRET)
    assert jwt.decode(token, SECRET, algorithms=["HS256"]) == claims and jwt.get_unverified_header(token)["kid"] == "1"
    for algorithm in ("HS256", "HS384", "HS512"):
        assert project.call("t:call", "jwt", "verify", jwt.encode(claims, SECRET, algorithm), SECRET, algorithm) == claims


def test_tokens_with_keys_of_rsa(project: moonwit.Project) -> None:
    """A private key signs, its public one verifies, and is no secret of another algorithm."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain).decode()
    public = key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    token = project.call("t:call", "jwt", "encode", {"a": 1}, private, "RS256")
    assert project.call("t:call", "jwt", "verify", token, public, "RS256", False) == {"a": 1}
    for wrong in (
        (token, public, "HS256", False),
        (jwt.encode({"a": 1}, SECRET), public, "RS256", False),
        (token, "no key", "RS256", False),
    ):
        with pytest.raises(moonwit.CallError, match=r"crypto\.jwt\.verify: ") as problem:
            project.call("t:call", "jwt", "verify", *wrong)
        assert problem.value.kind == "Internal" and "no key" not in problem.value.message


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (jwt.encode({"exp": 1}, SECRET), "the time of the token is over"),
        (jwt.encode({"a": 1}, SECRET), 'the token is not valid: token is missing the "exp" claim'),
        (jwt.encode({"exp": 2**33}, SECRET + "!"), "the token was not signed with this key"),
        (jwt.encode({"exp": 2**33}, None, algorithm="none"), "the token is not valid: the specified alg value is not allowed"),
        (jwt.encode({"exp": 2**33, "nbf": 2**33}, SECRET), "the token is not valid: the token is not yet valid (nbf)"),
        ("", "the token is not valid: not enough segments"),
        ("a.b.c", "the token is not valid: "),
    ],
)
def test_tokens_that_are_not_taken(project: moonwit.Project, token: str, sentence: str) -> None:
    """Time, key and algorithm have to be right, whatever the token says."""
    with pytest.raises(moonwit.CallError) as problem:
        project.call("t:call", "jwt", "verify", token, SECRET)
    assert problem.value.message.startswith(f"crypto.jwt.verify: {sentence}")
    assert problem.value.kind == "Internal"
