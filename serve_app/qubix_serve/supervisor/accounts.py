"""The first user of a home, and tokens by which its own agents join."""

import asyncio
from dataclasses import replace

import httpx

from qubix.client import Client
from qubix.errors import ConnectionFailed, from_wire
from qubix.schemas.providers import JoinToken, JoinTokenRequest
from qubix.schemas.states import Trust
from qubix_platform.database.settings import DatabaseSettings
from qubix_platform.users import service as users
from qubix_serve.supervisor.home import Home, Secrets
from qubix_serve.supervisor.postgres import open_database

OPERATOR = "operator"
_SECONDS = 10.0


def ensure_operator(home: Home, secrets: Secrets, settings: DatabaseSettings) -> Secrets:
    """The home's secrets with an API key of its first user, both made the first time.

    Raises:
        DatabaseUnavailable: the database does not answer.
    """
    if secrets.api_key:
        return secrets
    complete = replace(secrets, api_key=asyncio.run(_make_operator(settings)))
    complete.save(home)
    return complete


def new_join_token(url: str, *, api_key: str) -> str:
    """A token by which one machine joins as a member, with the right to be a node of the Ray cluster.

    Raises:
        QubixError: the API refused, or did not answer.
    """
    try:
        answer = httpx.post(
            f"{url}/api/providers/join-tokens",
            json=JoinTokenRequest(trust=Trust.MEMBER).model_dump(mode="json", by_alias=True),
            headers={"Authorization": f"Bearer {api_key}"},
            timeout=_SECONDS,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise ConnectionFailed(
            asked="Asking for a join token for a provider agent of this machine",
            obstacle=f"the API at {url} does not answer ({type(error).__name__})",
            remedy="It is asked again while the platform runs.",
        ) from error
    if answer.is_error:
        raise from_wire(status=answer.status_code, body=_json_of(answer))
    return JoinToken.model_validate(answer.json()).token


def new_sign_in_link(url: str, *, api_key: str) -> str:
    """A link that opens the console signed in as the operator, once within 15 minutes.

    Raises:
        QubixError: the API refused, or did not answer.
    """
    with Client(url, api_key) as client:
        return client.sign_in_link().url


def _json_of(answer: httpx.Response) -> object:
    """What an error says; None where it is not the API that speaks, but the proxy before it is up."""
    try:
        return answer.json()
    except ValueError:
        return None


async def _make_operator(settings: DatabaseSettings) -> str:
    database = open_database(settings)
    try:
        async with database.transaction() as session:
            operator = await users.ensure(session, OPERATOR, is_operator=True)
            made = await users.create_api_key(session, user_id=operator.id, name="qubix up")
            return made.key
    finally:
        await database.close()
