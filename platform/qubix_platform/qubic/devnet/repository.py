"""What a devnet remembers: one SQLite file, written tick by tick, so that a killed devnet goes on where it was.

A write-ahead log without a sync per tick: nothing is lost when the process is killed; the last ticks may be when the
machine loses its power.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

from qubix.qubic.transaction import Transaction
from qubix_platform.qubic.devnet.accounts import Account
from qubix_platform.qubic.devnet.chain import Chain, Interval, Step
from qubix_platform.qubic.devnet.errors import DevnetDataInUse

FILE: Final = "chain.sqlite"

_TABLES: Final = """
create table if not exists facts (name text primary key, value text not null) without rowid;
create table if not exists accounts (
    address blob primary key,
    incoming_amount integer not null, outgoing_amount integer not null,
    incoming_transfers integer not null, outgoing_transfers integer not null,
    latest_incoming_tick integer not null, latest_outgoing_tick integer not null,
    check (incoming_amount >= outgoing_amount)
) without rowid;
create table if not exists pending (arrival integer primary key, tick integer not null, raw blob not null unique);
create table if not exists executed (
    number integer primary key,
    hash text not null unique,
    tick integer not null,
    timestamp_ms integer not null,
    money_flew integer not null,
    source blob not null,
    destination blob not null,
    raw blob not null
);
create index if not exists executed_by_tick on executed (tick, number);
create index if not exists executed_by_source on executed (source, number);
create index if not exists executed_by_destination on executed (destination, number);
"""
_FIELDS: Final = tuple(field.name for field in fields(Account))
_NUMBERS: Final = ", ".join(_FIELDS)
_CHAIN: Final = "chain"


@dataclass(frozen=True)
class Archived:
    """A transaction that ran, as the archive shows it. `timestamp_ms` is the time of its tick, since the epoch."""

    transaction: Transaction
    money_flew: bool
    timestamp_ms: int


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which transactions of an address are asked for.

    Attributes:
        address: whose.
        sides: on which side it stands: "source", "destination" or both.
        first_tick: the first tick that counts.
        last_tick: the last one.
        offset: how many of the newest to leave out.
        size: how many to return at most.
    """

    address: bytes
    sides: frozenset[str]
    first_tick: int
    last_tick: int
    offset: int
    size: int


class Repository:
    """The file of one devnet, held by one process."""

    def __init__(self, folder: Path) -> None:
        """Open the folder's file, and make it the first time.

        Raises:
            DevnetDataInUse: another process holds it.
        """
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The thread that opens the file may hand it to the one that serves; no two ever use it at a time.
        self._connection = sqlite3.connect(folder / FILE, isolation_level=None, timeout=0.0, check_same_thread=False)
        try:
            self._connection.execute("pragma locking_mode = exclusive")
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = normal")
            self._connection.executescript(f"begin exclusive; {_TABLES} commit;")
        except sqlite3.OperationalError as error:
            self._connection.close()
            raise DevnetDataInUse(
                asked=f"Opening the devnet's data in {folder}",
                obstacle=f"it cannot be had alone ({error})",
                remedy="Stop the devnet that runs there, or choose another folder with --data.",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def load(self) -> Chain | None:
        """The chain as it was last; None in a fresh folder."""
        state = self.fact(_CHAIN)
        if state is None:
            return None
        pending: dict[int, tuple[Transaction, ...]] = {}
        for tick, raw in self._connection.execute("select tick, raw from pending order by arrival"):
            pending[tick] = (*pending.get(tick, ()), Transaction.decode(raw))
        accounts = {}
        for address, *numbers in self._connection.execute(f"select address, {_NUMBERS} from accounts"):
            accounts[address] = Account(**dict(zip(_FIELDS, numbers, strict=True)))
        return Chain(
            intervals=tuple(Interval(*interval) for interval in state["intervals"]),
            accounts=accounts,
            pending=pending,
            burned=state["burned"],
        )

    def create(self, chain: Chain) -> None:
        """Write a chain's first state."""
        with _Writing(self._connection):
            self._save_state(chain)
            self._save_accounts(chain.accounts)

    def accept(self, transaction: Transaction) -> None:
        """Remember a transaction that waits."""
        self._connection.execute(
            "insert into pending (tick, raw) values (?, ?) on conflict do nothing",
            (transaction.tick, transaction.encode()),
        )

    def save(self, step: Step, *, timestamp_ms: int) -> None:
        """Write a step, whole or not at all."""
        with _Writing(self._connection):
            self._save_state(step.chain)
            if step.changed:
                self._save_accounts(step.changed)
            if step.executed or step.lost:
                self._forget_pending(step.chain)
            self._connection.executemany(
                "insert into executed (hash, tick, timestamp_ms, money_flew, source, destination, raw)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        done.transaction.id(),
                        step.chain.tick,
                        timestamp_ms,
                        done.money_flew,
                        done.transaction.source,
                        done.transaction.destination,
                        done.transaction.encode(),
                    )
                    for done in step.executed
                ],
            )

    def fact(self, name: str) -> Any:
        """What was remembered under a name, as JSON values; None for nothing."""
        row = self._connection.execute("select value from facts where name = ?", (name,)).fetchone()
        return None if row is None else json.loads(row[0])

    def remember(self, name: str, value: Any) -> None:
        """Remember JSON values under a name."""
        self._connection.execute(
            "insert into facts (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
            (name, json.dumps(value)),
        )

    def transaction(self, hash_: str) -> Archived | None:
        """The executed transaction of this id."""
        found = self._archived("where hash = ?", (hash_,))
        return found[0] if found else None

    def transactions_of_tick(self, tick: int) -> list[Archived]:
        """What ran in a tick, in its order."""
        return self._archived("where tick = ? order by number", (tick,))

    def transactions_of(self, search: Search) -> tuple[int, list[Archived]]:
        """How many transactions an address took part in, and one page of them, newest first."""
        sides = [f"{side} = :address" for side in ("source", "destination") if side in search.sides]
        where = f"where ({' or '.join(sides)}) and tick between :first and :last"
        values = {"address": search.address, "first": search.first_tick, "last": search.last_tick}
        count = self._connection.execute(f"select count(*) from executed {where}", values).fetchone()[0]
        page = f"{where} order by number desc limit :size offset :offset"
        return count, self._archived(page, values | {"size": search.size, "offset": search.offset})

    def _archived(self, where: str, values: Sequence[Any] | Mapping[str, Any]) -> list[Archived]:
        rows = self._connection.execute(f"select raw, money_flew, timestamp_ms from executed {where}", values)
        return [Archived(Transaction.decode(raw), bool(flew), timestamp) for raw, flew, timestamp in rows]

    def _save_state(self, chain: Chain) -> None:
        self.remember(
            _CHAIN, {"intervals": [astuple(interval) for interval in chain.intervals], "burned": chain.burned}
        )

    def _save_accounts(self, accounts: Mapping[bytes, Account]) -> None:
        self._connection.executemany(
            f"insert or replace into accounts (address, {_NUMBERS}) values (?, ?, ?, ?, ?, ?, ?)",
            [(address, *astuple(account)) for address, account in accounts.items()],
        )

    def _forget_pending(self, chain: Chain) -> None:
        if chain.pending:
            self._connection.execute("delete from pending where tick <= ?", (chain.tick,))
        else:
            self._connection.execute("delete from pending")


class _Writing:
    """One transaction of the file: all of the block, or nothing of it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.execute("begin immediate")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._connection.execute("commit" if kind is None else "rollback")
