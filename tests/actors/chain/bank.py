"""A platform with a chain: users with wallets of their own, the books, and the process that acts on the chain."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import text

from qubix.qubic import identity, keys
from qubix.qubic.keys import Keys
from qubix.qubic.transaction import Transaction
from qubix.schemas.accounts import UserCreate
from qubix.schemas.chain import EscrowLock, EscrowSource, Withdrawal, WithdrawalCreate
from qubix.schemas.states import Scope
from qubix_actors.chain.leader import ChainLeader
from qubix_actors.chain.settings import ChainSettings
from qubix_platform.auth.callers import UserCaller
from qubix_platform.chain import deposits
from qubix_platform.chain.escrows import service as escrows
from qubix_platform.chain.escrows.model import Escrow
from qubix_platform.chain.keys import KeyRing
from qubix_platform.chain.model import AddressPurpose
from qubix_platform.chain.transactions import repository as transactions
from qubix_platform.chain.transactions.model import Recorded
from qubix_platform.chain.watching import repository as watching
from qubix_platform.chain.withdrawals import service as withdrawals
from qubix_platform.database.session import Database
from qubix_platform.ledger import repository as ledger
from qubix_platform.ledger.model import Account
from qubix_platform.ledger.verify import Verification, verify
from qubix_platform.qubic.rpc import QubicRpc, RpcPolicy
from qubix_platform.users import service as users
from tests.actors.waiting import Waiting
from tests.devnet_fixture import LiveDevnet

DEADLINE_S = 60.0
Answer = TypeVar("Answer")

MASTER = "m" * 55
FAST = RpcPolicy(
    answer_seconds=0.5,
    connect_seconds=0.5,
    attempts=3,
    first_pause=0.01,
    longest_pause=0.05,
    failures=50,
    rest_seconds=0.1,
)
TICKS_TO_SIGN = 40


@dataclass(frozen=True)
class Customer:
    """A user, their wallet on the chain, and the address that their deposits go to."""

    user_id: UUID
    wallet: Keys
    deposit_address: str

    @property
    def caller(self) -> UserCaller:
        """The user, signed in with their wallet."""
        return UserCaller(user_id=self.user_id, is_operator=False, scopes=frozenset(Scope))


class Bank:
    """What the tests of the chain do over and over. Deadlines are the ones of `Waiting`."""

    def __init__(self, database: Database, devnet: LiveDevnet, settings: ChainSettings) -> None:
        self.database = database
        self.devnet = devnet
        self.settings = settings
        self.waiting = Waiting(database)
        self.ring = KeyRing.from_seed(MASTER)
        self._threads = ThreadPoolExecutor(max_workers=100)
        self._leaders: list[tuple[ChainLeader, QubicRpc]] = []

    async def open(self, **changes: Any) -> ChainLeader:
        """Start a process that acts on the chain."""
        network = QubicRpc(self.devnet.url, policy=FAST)
        leader = ChainLeader(replace(self.settings, **changes), network, self.ring)
        await leader.start()
        self._leaders.append((leader, network))
        await self.waiting.until(self._is_heard, within_s=DEADLINE_S)
        return leader

    async def close(self, leader: ChainLeader | None = None) -> None:
        """End a process that acts on the chain, or all."""
        for known, network in list(self._leaders):
            if leader in (None, known):
                self._leaders.remove((known, network))
                await known.stop()
                await network.__aexit__()

    async def customer(self, *, number: int | None = None) -> Customer:
        """A user with a wallet: one of the devnet's funded ones, or an empty one."""
        wallet = keys.derive(uuid4().hex.translate(str.maketrans("0123456789", "ghijklmnop")).ljust(55, "x"))
        if number is not None:
            wallet = self.devnet.developer(number)
        async with self.database.transaction() as session:
            name = f"user-{uuid4()}"
            user = await users.create(session, UserCreate(username=name, qubic_address=wallet.identity))
            address = await deposits.address_of(session, user.id)
        return Customer(user.id, wallet, address.address)

    async def depositor(self, *, number: int, amount: int) -> Customer:
        """A user with one of the devnet's wallets, and so much in the books that came from it."""
        customer = await self.customer(number=number)
        await self.pay(customer.wallet, customer.deposit_address, amount)
        await self.until_wallet(customer, amount)
        return customer

    async def pay(self, wallet: Keys, destination: str, amount: int, *, payload: bytes = b"") -> str:
        """Have a wallet pay from the outside, until the network has it; the transaction's id."""
        async with QubicRpc(self.devnet.url, policy=FAST) as network:
            for _ in range(20):
                made = Transaction(
                    source=wallet.public_key,
                    destination=identity.decode(destination),
                    amount=amount,
                    tick=await self.tick() + TICKS_TO_SIGN,
                    payload=payload,
                ).signed(subseed=wallet.subseed)
                await network.broadcast(made.encode())
                await self.pass_tick(made.tick, processed=True)
                if await network.transaction(made.id()) is not None:
                    return made.id()
        raise AssertionError("the devnet executes nothing")

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """Call the devnet, which waits, in a thread: there are enough for all who wait at once."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, question)

    async def tick(self) -> int:
        """The chain's."""
        return await self.ask(lambda: self.devnet.tick)

    async def pass_tick(self, tick: int, *, processed: bool = False) -> None:
        """Wait until the chain has come there."""
        await self.ask(lambda: self.devnet.wait_for_tick(tick, processed=processed))

    async def chain_balance(self, address: str) -> int:
        """What an identity holds on the chain."""
        return await self.ask(lambda: self.devnet.balance(address))

    async def withdraw(self, customer: Customer, amount: int, *, to: str | None = None) -> Withdrawal:
        """Ask for a withdrawal, to the customer's own wallet."""
        wanted = WithdrawalCreate(address=to or customer.wallet.identity, amount=amount)
        async with self.database.transaction() as session:
            return await withdrawals.request(session, caller=customer.caller, wanted=wanted)

    async def withdrawal(self, customer: Customer, withdrawal_id: UUID) -> Withdrawal:
        """How a withdrawal stands."""
        async with self.database.transaction() as session:
            return await withdrawals.get(session, user_id=customer.user_id, withdrawal_id=withdrawal_id)

    async def until_withdrawn(
        self, customer: Customer, withdrawal_id: UUID, status: str, *, within_s: float = DEADLINE_S
    ) -> Withdrawal:
        """Wait until a withdrawal has a status."""

        async def look() -> bool:
            return (await self.withdrawal(customer, withdrawal_id)).status == status

        await self.waiting.until(look, within_s=within_s)
        return await self.withdrawal(customer, withdrawal_id)

    async def lock(self, customer: Customer, amount: int, *, source: str = "transfer") -> Escrow:
        """Lock an escrow."""
        wanted = EscrowLock(amount=amount, source=EscrowSource(source))
        async with self.database.transaction() as session:
            return await escrows.lock(session, caller=customer.caller, wanted=wanted)

    async def escrow(self, customer: Customer, escrow_id: UUID) -> Escrow:
        """How an escrow stands."""
        async with self.database.transaction() as session:
            return await escrows.get(session, user_id=customer.user_id, escrow_id=escrow_id)

    async def until_escrow(self, customer: Customer, escrow_id: UUID, status: str) -> Escrow:
        """Wait until an escrow has a status."""

        async def look() -> bool:
            return (await self.escrow(customer, escrow_id)).status == status

        await self.waiting.until(look, within_s=DEADLINE_S)
        return await self.escrow(customer, escrow_id)

    async def wallet(self, customer: Customer) -> int:
        """What a user has available in the books."""
        return await self.balance(Account.wallet(customer.user_id))

    async def until_wallet(self, customer: Customer, amount: int, *, within_s: float = DEADLINE_S) -> None:
        """Wait until a user has exactly so much available."""

        async def look() -> bool:
            return await self.wallet(customer) == amount

        await self.waiting.until(look, within_s=within_s)

    async def balance(self, account: Account) -> int:
        """An account's balance."""
        async with self.database.transaction() as session:
            return await ledger.balance_of(session, account)

    async def of_ref(self, ref: object) -> list[Recorded]:
        """Every chain transaction for an escrow or withdrawal."""
        async with self.database.transaction() as session:
            return await transactions.of_ref(session, str(ref))

    async def until_settled(self, *, within_s: float = DEADLINE_S) -> None:
        """Wait until no transaction is under way, and the ticks are read as far as they are now."""
        now = await self.tick()

        async def look() -> bool:
            async with self.database.transaction() as session:
                cursor = await watching.cursor(session)
                under_way = await transactions.count_open(session)
            return not under_way and cursor is not None and cursor.last_tick >= now

        await self.waiting.until(look, within_s=within_s)

    async def until_agreed(self) -> None:
        """Wait until nothing is under way, and find chain and books the same to the QU."""
        await self.until_settled()
        assert await self.differences() == {}

    async def until_swept(self, amount: int) -> None:
        """Wait until the hot wallet holds exactly so much, and nothing is under way."""
        hot = self.ring.keys(AddressPurpose.HOT, 0).identity

        async def look() -> bool:
            return await self.chain_balance(hot) == amount

        await self.until(look)
        await self.until_settled()

    async def until_settled_but_queued(self) -> None:
        """Wait until the ticks are read as far as they are now, whatever is queued."""
        now = await self.tick()

        async def look() -> bool:
            async with self.database.transaction() as session:
                cursor = await watching.cursor(session)
            return cursor is not None and cursor.last_tick >= now

        await self.until(look)

    async def until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        """Wait for something that gives no signal of its own."""
        await self.waiting.until(is_so, within_s=DEADLINE_S)

    async def halt(self) -> str | None:
        """Why payments are stopped, where they are."""
        async with self.database.transaction() as session:
            row = await watching.halted(session)
        return None if row is None else str(row.reason)

    async def verification(self) -> Verification:
        """Whether the books add up."""
        async with self.database.transaction() as session:
            await ledger.hold_snapshot(session)
            return await verify(session)

    async def differences(self) -> dict[str, tuple[int, int]]:
        """Where an address of ours holds other than the books say: what the chain says, and the books."""
        statement = text("select identity, balance, purpose from chain_addresses")
        async with self.database.transaction() as session:
            rows = (await session.execute(statement)).all()
            places = {
                purpose: await ledger.balance_of(session, Account.chain(purpose.place)) for purpose in AddressPurpose
            }
        found = {}
        for row in rows:
            if row.balance or row.purpose in ("hot", "treasury"):
                on_chain = await self.chain_balance(row.identity)
                if on_chain != row.balance:
                    found[row.identity] = (on_chain, row.balance)
        for purpose, mirrored in places.items():
            held = sum(row.balance for row in rows if row.purpose == purpose)
            if held != -mirrored:
                found[purpose.value] = (held, -mirrored)
        return found

    async def events(self, user_id: UUID, kind: str) -> list[dict[str, Any]]:
        """What a user was told."""
        statement = text("select data from outbox where :topic = any (topics) and type = :kind order by xid, id")
        async with self.database.transaction() as session:
            rows = await session.execute(statement, {"topic": f"user:{user_id}", "kind": kind})
            return list(rows.scalars())

    async def _is_heard(self) -> bool:
        async with self.database.transaction() as session:
            return await watching.cursor(session) is not None
