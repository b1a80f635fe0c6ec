"""Randomness, encryption and keys of passwords, by Python's own and by cryptography, which is OpenSSL."""

from __future__ import annotations

import hashlib
import hmac
import os

from moonwit.stdlib.tasks.problem import DataProblem, library

_ALPHANUMERIC = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NONCE = 12  # bytes, of both ciphers
_CIPHERS = {b"aes": "AESGCM", b"chacha20": "ChaCha20Poly1305"}


def random(length: float) -> bytes:
    """Gives random bytes."""
    return os.urandom(int(length))


def random_text(length: float, charset: bytes | None = None) -> bytes:
    """Gives a text of bytes of a set, each as likely as the others: random bytes past a multiple of the set's size are left out."""
    known = charset or _ALPHANUMERIC
    most = 256 - 256 % len(known)
    chosen = bytearray()
    while len(chosen) < length:
        chosen += bytes(known[byte % len(known)] for byte in os.urandom(int(length) - len(chosen) + 16) if byte < most)
    return bytes(chosen[: int(length)])


def encrypt(algorithm: bytes, data: bytes, key: bytes, aad: bytes) -> bytes:
    """Encrypts data; a random nonce stands before it."""
    aead = library("cryptography.hazmat.primitives.ciphers.aead", "encryption")
    nonce = os.urandom(_NONCE)
    sealed: bytes = getattr(aead, _CIPHERS[algorithm])(key).encrypt(nonce, data, aad)
    return nonce + sealed


def decrypt(algorithm: bytes, data: bytes, key: bytes, aad: bytes) -> bytes:
    """Decrypts what ``encrypt`` has given; raises ``DataProblem``."""
    aead = library("cryptography.hazmat.primitives.ciphers.aead", "decryption")
    from cryptography.exceptions import InvalidTag

    try:
        opened: bytes = getattr(aead, _CIPHERS[algorithm])(key).decrypt(data[:_NONCE], data[_NONCE:], aad)
    except (InvalidTag, ValueError):
        # Nothing more is said: it could help whoever tries.
        raise DataProblem("the data can't be decrypted: it was changed, or the key or the additional data is another", "Internal") from None
    return opened


def pbkdf2(password: bytes, salt: bytes, iterations: float, length: float, algorithm: bytes) -> bytes:
    """Makes a key of a password (RFC 8018)."""
    return hashlib.pbkdf2_hmac(algorithm.decode(), password, salt, int(iterations), int(length))


def equal(a: bytes, b: bytes) -> bool:
    """Tells whether two strings are equal."""
    return hmac.compare_digest(a, b)


TASKS = {
    "crypto.random": random,
    "crypto.random_text": random_text,
    "crypto.encrypt": encrypt,
    "crypto.decrypt": decrypt,
    "crypto.pbkdf2": pbkdf2,
    "crypto.equal": equal,
}
