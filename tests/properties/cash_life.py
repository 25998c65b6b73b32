"""Random histories of cash on a played chain: what it executes is decided here, and the books have to follow."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from qubix.qubic import identity, keys
from qubix.qubic.hashing import k12
from qubix.qubic.transaction import Transaction
from qubix.schemas.accounts import UserCreate
from qubix.schemas.chain import WithdrawalCreate
from qubix.schemas.states import Scope
from qubix_platform.auth.callers import UserCaller
from qubix_platform.chain import deposits
from qubix_platform.chain.addresses import repository as addresses
from qubix_platform.chain.addresses.service import fill_pool
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.reconciliation.service import mirror_differences
from qubix_platform.chain.sweeps.service import order_sweeps
from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions import service
from qubix_platform.chain.transactions.lifecycle import Candidate, ChainTime, affordable
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.transactions.states import ChainStatus
from qubix_platform.chain.watching import repository as watching
from qubix_platform.chain.watching.service import confirm_seen, take_in
from qubix_platform.chain.withdrawals import service as withdrawals
from qubix_platform.database.session import Database
from qubix_platform.ledger.errors import BalanceTooLow
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.repository import balance_of
from qubix_platform.ledger.verify import verify
from qubix_platform.qubic.rpc import ChainTransaction
from qubix_platform.users import service as users

CUSTOMERS = 2
_END_OF_TIME = 2**40
RING = KeyRing.from_seed("p" * 55)
OUTSIDE = keys.derive("o" * 55)


Change = Callable[[], None]
"""What becomes true of the played chain once the books have committed."""


class Crash(Exception):
    """The process dies before it commits."""


@dataclass(frozen=True)
class Move:
    """One thing that happens: which, to whom, how much; and whether the process dies just before it commits."""

    kind: str
    number: int
    amount: int
    crashes: bool


@dataclass
class CashLife:
    """A platform, its customers, and what the chain truly holds."""

    database: Database
    customers: list[UUID]
    hosts: list[str]
    held: dict[str, int]
    deposited: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    withdrawn: dict[UUID, int] = field(default_factory=lambda: defaultdict(int))
    archive: list[ChainTransaction] = field(default_factory=list)

    @classmethod
    async def begin(cls, database: Database) -> "CashLife":
        """With fresh customers, on whatever the database holds already."""
        async with database.transaction() as session:
            await fill_pool(session, RING, treasury=None, size=CUSTOMERS)
            await watching.begin(session, 1_000)
            made = [await users.create(session, UserCreate(username=f"user-{uuid4()}")) for _ in range(CUSTOMERS)]
            hosts = [(await deposits.address_of(session, user.id)).address for user in made]
            filled = await addresses.filled(session, purpose=None, limit=1_000)
        held = defaultdict(int, {address.identity: address.balance for address in filled})
        return cls(database, [user.id for user in made], hosts, held)

    async def take(self, move: Move) -> None:
        """Let it happen, or almost: what a crash interrupted happens when it is tried again."""
        for crashes in (True, False) if move.crashes else (False,):
            try:
                async with self.database.transaction() as session:
                    then = await self._happen(session, move)
                    if crashes:
                        raise Crash
            except (Crash, BalanceTooLow):
                continue
            for change in then:
                change()

    async def check(self) -> None:
        """Chain and books agree to the QU, nothing is negative, and every customer has what is theirs."""
        async with self.database.transaction() as session:
            assert await mirror_differences(session) == []
            assert (await verify(session)).mismatches == ()
            for address in await addresses.filled(session, purpose=None, limit=1_000):
                assert self.held[address.identity] >= address.balance
            for customer in self.customers:
                pending = await transactions.pending_deposits(session, customer)
                available = await balance_of(session, Account.wallet(customer))
                assert available >= 0
                assert available + pending == self.deposited[customer] - self.withdrawn[customer]

    async def settle(self) -> None:
        """Let everything come to its end, and compare the addresses with what the chain truly holds."""
        for _ in range(6):
            for kind in ("process", "sign", "execute", "sweep"):
                await self.take(Move(kind, 0, 0, crashes=False))
        async with self.database.transaction() as session:
            filled = {one.identity: one.balance for one in await addresses.filled(session, purpose=None, limit=1_000)}
        assert filled == {one: amount for one, amount in self.held.items() if amount and one != OUTSIDE.identity}

    async def _happen(self, session: AsyncSession, move: Move) -> list[Change]:
        match move.kind:
            case "arrive":
                return await self._arrive(session, move)
            case "again":
                return await self._again(session)
            case "process":
                cursor = await watching.cursor(session)
                assert cursor is not None
                for seen in await transactions.seen_ones(session, limit=1_000):
                    await confirm_seen(session, seen, processed=cursor.last_tick + 2)
            case "withdraw":
                return await self._withdraw(session, move)
            case "sign":
                await self._sign(session)
            case "sweep":
                await order_sweeps(session, limit=500)
            case "execute" | "lose":
                return await self._end(session, executed=move.kind == "execute")
        return []

    async def _arrive(self, session: AsyncSession, move: Move) -> list[Change]:
        cursor = await watching.cursor(session)
        assert cursor is not None
        at = move.number % CUSTOMERS
        made = Transaction(
            source=OUTSIDE.public_key,
            destination=identity.decode(self.hosts[at]),
            amount=move.amount,
            tick=cursor.last_tick + 1,
        )
        found = ChainTransaction(
            hash=identity.encode_lower(k12(made.digest())), transaction=made, money_flew=True, timestamp_ms=0
        )
        assert await take_in(session, after=cursor.last_tick, upto=made.tick, found=[found])

        def arrived() -> None:
            self.archive.append(found)
            self.held[self.hosts[at]] += move.amount
            self.deposited[self.customers[at]] += move.amount

        return [arrived]

    async def _again(self, session: AsyncSession) -> list[Change]:
        cursor = await watching.cursor(session)
        if self.archive and cursor is not None:
            first = self.archive[0].transaction.tick - 1
            await watching.rewind(session, first)
            assert await take_in(session, after=first, upto=cursor.last_tick, found=self.archive)
        return []

    async def _withdraw(self, session: AsyncSession, move: Move) -> list[Change]:
        customer = self.customers[move.number % CUSTOMERS]
        wanted = WithdrawalCreate(address=OUTSIDE.identity, amount=move.amount)
        caller = UserCaller(user_id=customer, is_operator=False, scopes=frozenset(Scope))
        await withdrawals.request(session, caller=caller, wanted=wanted)

        def withdrew() -> None:
            self.withdrawn[customer] += move.amount

        return [withdrew]

    async def _sign(self, session: AsyncSession) -> None:
        queued = [one for one in await self._open(session) if one.status is ChainStatus.QUEUED]
        on_the_way = await transactions.on_the_way(session)
        for address_id in {one.address_id for one in queued}:
            source = await addresses.get(session, address_id)
            waiting = [one for one in queued if one.address_id == address_id]
            chosen = affordable(
                [Candidate(one.id, one.amount) for one in waiting],
                balance=source.balance,
                on_the_way=on_the_way.get(address_id, 0),
            )
            for one in (one for one in waiting if Candidate(one.id, one.amount) in chosen):
                key = RING.keys(one.place, one.index)
                made = Transaction(
                    source=key.public_key,
                    destination=identity.decode(one.destination),
                    amount=one.amount,
                    tick=10_000,
                    payload=one.id.bytes + one.tries.to_bytes(2, "little"),
                ).signed(subseed=key.subseed)
                await service.sign(
                    session, one, tick=made.tick, digest=made.digest(), tx_hash=made.id(), raw=made.encode()
                )

    async def _end(self, session: AsyncSession, *, executed: bool) -> list[Change]:
        signed = [one for one in await self._open(session) if one.status is ChainStatus.SIGNED]
        changes: list[Change] = []
        for one in signed if executed else signed[:1]:
            if executed:
                await service.confirm(session, one)
                changes.append(partial(self._moved, one))
            else:
                await service.drop(session, one, now=ChainTime(tick=10_003, processed=10_003))
        return changes

    def _moved(self, one: Recorded) -> None:
        self.held[one.source] -= one.amount
        for outlay in one.outlays:
            self.held[outlay.destination] += outlay.amount

    async def _open(self, session: AsyncSession) -> list[Recorded]:
        return await transactions.due(session, tick=_END_OF_TIME, processed=_END_OF_TIME, limit=1_000, of_each=1_000)
