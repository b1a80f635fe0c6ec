"""Signatures of Ed25519, by cryptography, which is OpenSSL."""

from __future__ import annotations

from moonwit.host.values.intermediate import Value
from moonwit.stdlib.tasks.problem import DataProblem, library


def generate() -> Value:
    """Makes a pair of keys of Ed25519."""
    ed25519 = library("cryptography.hazmat.primitives.asymmetric.ed25519", "Ed25519")
    key = ed25519.Ed25519PrivateKey.generate()
    return {b"private": key.private_bytes_raw(), b"public": key.public_key().public_bytes_raw()}


def sign(private: bytes, data: bytes) -> bytes:
    """Signs data."""
    ed25519 = library("cryptography.hazmat.primitives.asymmetric.ed25519", "Ed25519")
    made: bytes = ed25519.Ed25519PrivateKey.from_private_bytes(private).sign(data)
    return made


def verify(public: bytes, data: bytes, signature: bytes) -> bool:
    """Tells whether a signature fits; raises ``DataProblem``."""
    ed25519 = library("cryptography.hazmat.primitives.asymmetric.ed25519", "Ed25519")
    from cryptography.exceptions import InvalidSignature

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    except ValueError:
        raise DataProblem("the public key is not one of Ed25519") from None
    return True


TASKS = {"crypto.ed25519.generate": generate, "crypto.ed25519.sign": sign, "crypto.ed25519.verify": verify}
