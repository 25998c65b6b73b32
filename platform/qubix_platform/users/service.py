"""Users, their API keys and their balance."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity
from qubix.schemas.accounts import ALL_SCOPES, NewApiKey, User, UserCreate
from qubix.schemas.states import Scope, TransactionType
from qubix_platform.auth.tokens import TokenKind, new_token
from qubix_platform.ledger import repository as ledger_repository
from qubix_platform.ledger import service as ledger
from qubix_platform.ledger.model import Account, Leg, LegCause, Posting
from qubix_platform.users import repository
from qubix_platform.users.errors import UserExists, UserNotFound


async def create(session: AsyncSession, request: UserCreate, *, is_operator: bool = False) -> User:
    """Make a user.

    Raises:
        UserExists: the name, address or e-mail is taken.
        InvalidIdentity: the address is none that somebody can hold.
    """
    if request.qubic_address is not None:
        identity.decode_wallet(request.qubic_address)
    user_id = await repository.insert(session, request, is_operator=is_operator)
    if user_id is None:
        raise UserExists(
            asked=f"Creating the user {request.username!r}",
            obstacle="the name, Qubic address or e-mail belongs to another user",
            remedy="Choose another.",
        )
    return await get(session, user_id)


async def ensure(session: AsyncSession, username: str, *, is_operator: bool) -> User:
    """The user of that name, made if there is none."""
    known = await repository.by_name(session, username)
    if known is not None:
        return await get(session, known.id)
    return await create(session, UserCreate(username=username), is_operator=is_operator)


async def by_name(session: AsyncSession, username: str) -> User:
    """The user of that name.

    Raises:
        UserNotFound: there is none.
    """
    known = await repository.by_name(session, username)
    if known is None:
        raise UserNotFound(
            asked=f"Looking up the user {username!r}",
            obstacle="there is no such user",
            remedy="Make one with `qubix admin users create`.",
        )
    return await get(session, known.id)


async def get(session: AsyncSession, user_id: UUID) -> User:
    """A user with their balance, QU."""
    row = await repository.get(session, user_id)
    available, held = await ledger_repository.balances_of(session, user_id)
    return User.model_validate(dict(row._mapping) | {"balance": available, "held": held})


async def create_api_key(
    session: AsyncSession,
    *,
    user_id: UUID,
    name: str,
    scopes: Iterable[Scope] = ALL_SCOPES,
    expires_at: datetime | None = None,
) -> NewApiKey:
    """A fresh API key; its secret is in the answer and nowhere else. For one on a caller's behalf see `keys`."""
    token = new_token(TokenKind.API_KEY)
    row = await repository.insert_key(
        session, user_id=user_id, name=name, token=token, scopes=scopes, expires_at=expires_at
    )
    return NewApiKey.model_validate(dict(row._mapping) | {"key": token.plain})


async def credit_play_money(session: AsyncSession, *, user_id: UUID, amount: int, key: str) -> int:
    """Issue play money on a development platform; the balance after it, QU. The same key issues once."""
    legs = (
        Leg(Account.issuance(), -amount, LegCause.ISSUANCE),
        Leg(Account.wallet(user_id), amount, LegCause.ISSUANCE),
    )
    await ledger.post(session, Posting(f"issue:{user_id}:{key}", TransactionType.PAYMENT, str(user_id), legs))
    available, _ = await ledger_repository.balances_of(session, user_id)
    return available
