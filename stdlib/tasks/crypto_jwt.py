"""JSON Web Tokens, by PyJWT."""

from __future__ import annotations

import warnings
from typing import Any

from moonwit.host.values.intermediate import Value
from moonwit.stdlib.tasks.plain import model, plain
from moonwit.stdlib.tasks.problem import DataProblem, library


def _jwt(algorithm: bytes) -> Any:
    jwt = library("jwt", "a JSON Web Token")
    if algorithm == b"RS256":
        library("cryptography", "RS256")
    return jwt


def encode(claims: Value, key: bytes, algorithm: bytes) -> bytes:
    """Makes a token; raises ``DataProblem``."""
    jwt = _jwt(algorithm)
    payload = plain(claims) or {}
    if not isinstance(payload, dict):
        raise DataProblem("expected a table of claims by their names, got a list")
    header = payload.pop("_header", None)
    if header is not None and not isinstance(header, dict):
        raise DataProblem("expected a table as `_header`")
    if header is not None and "alg" in header:
        raise DataProblem("`_header` can't say the algorithm: it is an argument")
    try:
        # Keys that are shorter than they should be are the script's to judge.
        with warnings.catch_warnings(action="ignore"):
            token: str = jwt.encode(payload, key, algorithm=algorithm.decode(), headers=header)
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise DataProblem(_reason(error)) from None
    return token.encode()


def verify(token: bytes, key: bytes, algorithm: bytes, require_exp: bool) -> Value:
    """Gives the claims of a token that was signed with a key by one algorithm; no other is taken, whatever the token says.

    Raises ``DataProblem``.
    """
    jwt = _jwt(algorithm)
    options = {"require": ["exp"] if require_exp else [], "verify_exp": require_exp, "verify_aud": False}
    try:
        with warnings.catch_warnings(action="ignore"):
            claims = jwt.decode(token, key, algorithms=[algorithm.decode()], options=options)
    except jwt.ExpiredSignatureError:
        raise DataProblem("the time of the token is over", "Internal") from None
    except jwt.InvalidSignatureError:
        raise DataProblem("the token was not signed with this key", "Internal") from None
    except (jwt.PyJWTError, TypeError, ValueError, RecursionError) as error:
        raise DataProblem(f"the token is not valid: {_reason(error)}", "Internal") from None
    return model(claims)


def _reason(error: Exception) -> str:
    """Words what the libraries say. Keys are not in it, and what came with the token is cut."""
    text = str(error).split("\n")[0][:200] or type(error).__name__
    return text[:1].lower() + text[1:]


TASKS = {"crypto.jwt.encode": encode, "crypto.jwt.verify": verify}
