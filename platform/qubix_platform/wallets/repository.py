"""All SQL of challenges, wallets and their sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from qubix.schemas.states import SessionKind
from qubix.wallets.message import Terms
from qubix_platform.auth.tokens import NewToken
from qubix_platform.wallets.judgement import StoredChallenge
from qubix_platform.wallets.limits import MOST_OF_A_CLIENT, MOST_OF_AN_ADDRESS

# Kept for an hour after their end, so that the log can tell a replayed one from an unknown one.
_FORGET = text("""
    delete from wallet_challenges where nonce in (
        select nonce from wallet_challenges where expires_at < now() - interval '1 hour'
         order by expires_at limit 100 for update skip locked
    )
""")
_ISSUE = text("""
    insert into wallet_challenges (nonce, qubic_address, domain, message, client, issued_at, expires_at)
    values (:nonce, :address, :domain, :message, :client, :issued_at, :expires_at)
""")
# The client's turn first, then the wallet's, everywhere: nobody waits crosswise.
_TAKE_TURN = text("select pg_advisory_xact_lock(hashtextextended('qubix.challenge.' || :of, 0))")
_REACHED = text("""
    select (select issued_at from wallet_challenges where client = :client and issued_at > :since
             order by issued_at desc offset :most_of_client - 1 limit 1),
           (select issued_at from wallet_challenges where qubic_address = :address and issued_at > :since
             order by issued_at desc offset :most_of_address - 1 limit 1)
""")
_STORED = "select nonce, qubic_address, domain, message, expires_at, used_at from wallet_challenges"
_BY_NONCE = text(f"{_STORED} where nonce = :nonce")
_NEWEST = text(f"{_STORED} where qubic_address = :address order by issued_at desc limit 1")
_USE = text("""
    update wallet_challenges set used_at = now()
     where nonce = :nonce and used_at is null and expires_at > now() returning nonce
""")
_HOLDER = text("select id from users where qubic_address = :address")
_NEW_HOLDER = text("insert into users (qubic_address) values (:address) on conflict do nothing returning id")
_JOIN = text("""
    update users set qubic_address = :address, updated_at = now()
     where id = :user_id and qubic_address is null
       and not exists (select from users where qubic_address = :address)
     returning id
""")
_SHOWN = "id, format, prefix, created_at, expires_at, last_used_at, revoked_at"
_NEW_SESSION = text(f"""
    insert into wallet_sessions (user_id, format, prefix, token_hash, expires_at)
    values (:user_id, :format, :prefix, :digest, :expires_at) returning {_SHOWN}
""")
_SESSIONS = text(f"select {_SHOWN} from wallet_sessions where user_id = :user_id order by created_at, id")
_REVOKE = text(f"""
    update wallet_sessions set revoked_at = coalesce(revoked_at, now()) where id = :id and user_id = :user_id
    returning {_SHOWN}
""")
# Attempts that run on a user's machines: what they have used by now and were not paid for good is being earned.
_RUNNING = text("""
    select a.price_per_hour, a.cost - a.pending_cost as paid,
           least(floor(extract(epoch from now() - a.started_at))::bigint, a.limit_seconds) as seconds
      from attempts a join providers p on p.id = a.provider_id
     where p.user_id = :user_id and a.status = 'RUNNING' and a.started_at is not null
""")
_DEPOSITS = text("""
    select coalesce(sum(amount), 0)::bigint from chain_transactions
     where user_id = :user_id and direction = 'IN' and purpose = 'DEPOSIT' and status = 'SEEN'
""")
_WITHDRAWALS = text("""
    select coalesce(sum(a.balance), 0)::bigint
      from withdrawals w join ledger_accounts a on a.kind = 'withdrawal' and a.owner = w.id::text
     where w.user_id = :user_id and a.balance > 0
""")
# Payments that the release or refund of an escrow makes on the chain: to its payer they are a return, to others wages.
_PAYOUTS = text("""
    select coalesce(sum((payment->>1)::bigint) filter (where e.user_id <> :user_id), 0)::bigint as wages,
           coalesce(sum((payment->>1)::bigint) filter (where e.user_id = :user_id), 0)::bigint as returns
      from chain_transactions t
      join escrows e on e.id::text = t.ref
     cross join lateral jsonb_array_elements(t.payments) payment
     where t.direction = 'OUT' and t.purpose = 'PAYOUT' and t.status not in ('CONFIRMED', 'FAILED')
       and payment->>0 = :address
""")


@dataclass(frozen=True)
class Running:
    """An attempt that runs: its price, QU per hour, what of it is paid for good, QU, and its age in seconds."""

    price_per_hour: int
    paid: int
    seconds: int


@dataclass(frozen=True)
class OnTheWay:
    """What moves on the chain and is not confirmed yet, QU."""

    deposits: int
    withdrawals: int
    wages: int


async def limits_reached(
    session: AsyncSession, *, client: str | None, address: str, since: datetime
) -> tuple[datetime | None, datetime | None]:
    """For the client and the wallet, when the challenge was issued with which the limit was reached; None where not.

    Until the transaction ends, others that ask for the same wallet or from the same client wait.
    """
    for asking in (client, address):
        if asking is not None:
            await session.execute(_TAKE_TURN, {"of": asking})
    values = {"client": client, "address": address, "since": since}
    limits = {"most_of_client": MOST_OF_A_CLIENT, "most_of_address": MOST_OF_AN_ADDRESS}
    of_client, of_address = (await session.execute(_REACHED, values | limits)).one()
    return of_client, of_address


async def issue(session: AsyncSession, terms: Terms, *, message: str, client: str | None) -> None:
    """Store a challenge, and forget some that ended long ago."""
    await session.execute(_FORGET)
    await session.execute(_ISSUE, vars(terms) | {"message": message, "client": client})


async def challenge(session: AsyncSession, *, nonce: str | None, address: str) -> StoredChallenge | None:
    """The challenge of a nonce; where none is named, the address's newest."""
    if nonce is not None:
        row = (await session.execute(_BY_NONCE, {"nonce": nonce})).one_or_none()
    else:
        row = (await session.execute(_NEWEST, {"address": address})).one_or_none()
    if row is None:
        return None
    return StoredChallenge(
        nonce=row.nonce,
        address=row.qubic_address,
        domain=row.domain,
        message=row.message,
        expires_at=row.expires_at,
        used_at=row.used_at,
    )


async def use(session: AsyncSession, nonce: str) -> bool:
    """Use a challenge up; False where somebody else did, or it has expired."""
    return (await session.execute(_USE, {"nonce": nonce})).one_or_none() is not None


async def holder_of(session: AsyncSession, address: str) -> UUID:
    """The user whose wallet this is, made where there is none."""
    known = (await session.execute(_HOLDER, {"address": address})).scalar_one_or_none()
    if known is None:
        known = (await session.execute(_NEW_HOLDER, {"address": address})).scalar_one_or_none()
    if known is None:  # made by somebody else just now
        known = (await session.execute(_HOLDER, {"address": address})).scalar_one()
    user_id: UUID = known
    return user_id


async def join(session: AsyncSession, *, user_id: UUID, address: str) -> bool:
    """Make a wallet a user's; False where it is another's, or they have one."""
    try:
        async with session.begin_nested():
            row = (await session.execute(_JOIN, {"user_id": user_id, "address": address})).one_or_none()
    except IntegrityError:  # somebody else became its holder just now
        return False
    return row is not None


async def open_session(
    session: AsyncSession, *, user_id: UUID, kind: SessionKind, token: NewToken, expires_at: datetime
) -> Row[Any]:
    """Store a session's digest."""
    values = {"user_id": user_id, "format": kind.value, "prefix": token.shown, "digest": token.digest}
    return (await session.execute(_NEW_SESSION, values | {"expires_at": expires_at})).one()


async def sessions(session: AsyncSession, user_id: UUID) -> list[Row[Any]]:
    """A user's sessions, oldest first."""
    return list((await session.execute(_SESSIONS, {"user_id": user_id})).all())


async def revoke(session: AsyncSession, *, user_id: UUID, session_id: UUID) -> Row[Any] | None:
    """Revoke a user's session; none where it is not theirs."""
    return (await session.execute(_REVOKE, {"id": session_id, "user_id": user_id})).one_or_none()


async def running(session: AsyncSession, user_id: UUID) -> list[Running]:
    """The attempts that run on a user's machines."""
    rows = await session.execute(_RUNNING, {"user_id": user_id})
    return [Running(price_per_hour=row.price_per_hour, paid=row.paid, seconds=row.seconds) for row in rows]


async def on_the_way(session: AsyncSession, *, user_id: UUID, address: str) -> OnTheWay:
    """What of a user's money is on its way on the chain, to us or to their own address."""
    user = {"user_id": user_id}
    payouts = (await session.execute(_PAYOUTS, user | {"address": address})).one()
    return OnTheWay(
        deposits=(await session.execute(_DEPOSITS, user)).scalar_one(),
        withdrawals=(await session.execute(_WITHDRAWALS, user)).scalar_one() + payouts.returns,
        wages=payouts.wages,
    )


async def find_holder(session: AsyncSession, address: str) -> UUID | None:
    """The user whose wallet this is, if there is one."""
    user_id: UUID | None = (await session.execute(_HOLDER, {"address": address})).scalar_one_or_none()
    return user_id
