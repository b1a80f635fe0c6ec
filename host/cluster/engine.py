"""Dask's `distributed`, as far as a caller needs it: connecting to a scheduler, and asking it who is there. Imported when it is used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client


async def connect(address: str, tls: Mapping[str, str] | None) -> Client:
    """Connects to a scheduler; raises whatever the engine does when there is none."""
    from distributed import Client, Security

    security = None
    if tls:
        security = Security(  # type: ignore[no-untyped-call]
            tls_ca_file=tls["ca"], tls_client_cert=tls["cert"], tls_client_key=tls["key"], require_encryption=True
        )
    return await Client(  # type: ignore[no-untyped-call, no-any-return]
        address, asynchronous=True, timeout=3, security=security, set_as_default=False, name="moonwit"
    )


async def workers(client: Client) -> dict[str, dict[str, Any]]:
    """Gives what the scheduler knows of its workers, by address; raises when it is gone."""
    if client.status != "running" or client.scheduler is None:
        raise OSError("the connection is lost")
    told = await asyncio.wait_for(client.scheduler.identity(n_workers=-1), 5)
    found: dict[str, dict[str, Any]] = told["workers"]
    return found


async def disconnect(client: Client) -> None:
    """Ends a connection, which may be gone already, whatever the engine says then."""
    with suppress(Exception):
        await asyncio.wait_for(client.close(timeout=1), 3)  # type: ignore[no-untyped-call]


def submit(client: Client, worker: str, key: str, function: Any, *arguments: Any) -> Any:
    """Has one worker, and no other, call a function once; gives the engine's future."""
    return client.submit(
        function, *arguments, key=key, workers=[worker], allow_other_workers=False, pure=False, retries=0
    )


async def tell(client: Client, worker: str, function: Any, *arguments: Any) -> None:
    """Calls a function on a worker, which may be gone."""
    with suppress(Exception):
        await client.run(function, *arguments, workers=[worker], on_error="ignore")


async def unregister(client: Client, name: str) -> None:
    """Takes a plugin from the workers, which may not have it any more."""
    with suppress(Exception):
        await client.unregister_worker_plugin(name)  # type: ignore[no-untyped-call]


async def forget(future: Any) -> None:
    """Has the engine end a task that nobody waits for; its scheduler may be gone."""
    with suppress(Exception):
        await future.cancel(force=True)


def why_lost(problem: BaseException, address: str) -> str:
    """Says why a task has ended without answers."""
    told = first_line(problem)
    return f"the scheduler at {address} is gone" if "scheduler-connection-lost" in told else told


def first_line(problem: BaseException) -> str:
    """Gives what an error says, in a line."""
    text = str(problem).strip().split("\n", 1)[0]
    return text or type(problem).__name__
