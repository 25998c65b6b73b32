"""The demo's money: from a wallet on the chain into the books and an escrow, and out again to the provider's wallet."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

from qubix.errors import NotAuthenticated
from qubix.job import Job
from qubix.schemas.books import ReceiptExport
from qubix.schemas.chain import Escrow, EscrowSource, EscrowStatus, WithdrawalStatus
from qubix.schemas.receipts import Receipt
from qubix_serve.demo.errors import DemoFailed
from qubix_serve.demo.stage import Stage

DEPOSIT: Final = 10_000_000
CONFIRMATIONS: Final = 3
_CHAIN_SECONDS: Final = 120.0
_LOOK_SECONDS: Final = 0.1
T = TypeVar("T")


def sign_in(stage: Stage) -> None:
    """Both people prove their wallets by a signature; somebody else's signature proves nothing."""
    consumer, provider = stage.consumer_wallet, stage.provider_wallet
    try:
        provider.connect(stage.anonymous, as_address=consumer.identity)
        forged = "believed"
    except NotAuthenticated:
        forged = "refused"
    stage.checklist.equal("another wallet's signature is refused", expected="refused", actual=forged)
    me = stage.consumer.me()
    stage.checklist.equal("the consumer is who signed", expected=consumer.identity, actual=me.qubic_address)
    joined = provider.connect(stage.operator, join=True)
    stage.checklist.equal(
        "the provider's account has its wallet", expected=provider.identity, actual=joined.user.qubic_address
    )


def deposit(stage: Stage) -> None:
    """A transfer on the chain becomes a balance here with its third confirmation."""
    wallet, client = stage.consumer_wallet, stage.consumer
    before, balance = wallet.balance(), client.me().balance
    address = client.deposit_address().address
    with stage.show.waiting(f"{DEPOSIT:,} QU go to the consumer's deposit address on the devnet …"):
        transaction = wallet.pay(address, DEPOSIT)
        _until(
            stage,
            "the deposit is credited",
            lambda: next((each for each in client.deposits() if each.hash == transaction), None),
            lambda found: found is not None and found.credited,
            confirmations=lambda found: 0 if found is None else found.confirmations,
        )
    stage.checklist.equal("the deposit is credited in full", expected=balance + DEPOSIT, actual=client.me().balance)
    stage.checklist.equal("the wallet paid exactly that", expected=before - DEPOSIT, actual=wallet.balance())
    stage.facts["deposit"] = {"transactionId": transaction, "amount": DEPOSIT}


def lock(stage: Stage, amount: int) -> Escrow:
    """The consumer's own wallet pays an escrow of its own on the chain, for the job to come."""
    client = stage.consumer
    escrow = client.lock_escrow(amount, source=EscrowSource.TRANSFER)
    unsigned = escrow.unsigned_transaction
    if unsigned is None:
        raise DemoFailed(
            asked="Locking an escrow from the consumer's wallet",
            obstacle="the platform gave nothing to sign",
            remedy="See the platform's log.",
        )
    with stage.show.waiting(f"{amount:,} QU go from the consumer's wallet to the escrow's address …"):
        client.pay_escrow(escrow.escrow_id, stage.consumer_wallet.sign(unsigned.encoded))
        locked = _until(
            stage,
            "the escrow is locked",
            lambda: client.escrow(escrow.escrow_id),
            lambda found: found.status is EscrowStatus.LOCKED,
            confirmations=_confirmations,
        )
    stage.checklist.equal(
        "the escrow holds what the wallet paid", expected=(amount, amount), actual=(locked.amount, locked.paid)
    )
    return locked


def paid_out(stage: Stage, escrow: Escrow, receipt: Receipt, *, before: tuple[int, int]) -> None:
    """The job's end is carried out on the chain: its share to the provider's wallet, the rest to the consumer's."""
    client = stage.consumer
    with stage.show.waiting("The settlement goes out on the chain …"):
        released = _until(
            stage,
            "the escrow is released",
            lambda: client.escrow(escrow.escrow_id),
            lambda found: found.status.is_final,
        )
    stage.checklist.equal("the escrow is released", expected=EscrowStatus.RELEASED, actual=released.status)
    consumer, provider = before
    stage.checklist.equal(
        "on the chain the provider's wallet has its share and the consumer's the refund",
        expected=(consumer - receipt.cost, provider + receipt.provider_amount),
        actual=on_chain(stage),
    )
    stage.facts["escrow"] = released.wire()


def on_chain(stage: Stage) -> tuple[int, int]:
    """What the consumer's and the provider's wallets hold on the chain, QU."""
    return stage.consumer_wallet.balance(), stage.provider_wallet.balance()


def withdrawal(stage: Stage) -> None:
    """The provider takes what it earned in the books out to its wallet."""
    wallet, client = stage.provider_wallet, stage.operator
    before, amount = wallet.balance(), client.me().balance
    with stage.show.waiting(f"The provider withdraws its {amount:,} QU …"):
        asked = client.withdraw(wallet.identity, amount)
        ended = _until(
            stage,
            "the withdrawal is confirmed on the chain",
            lambda: client.withdrawal(asked.id),
            lambda found: found.status in {WithdrawalStatus.CONFIRMED, WithdrawalStatus.RETURNED},
        )
    stage.checklist.equal(
        "the withdrawal is confirmed on the chain", expected=WithdrawalStatus.CONFIRMED, actual=ended.status
    )
    stage.checklist.equal(
        "it arrived in full, and nothing is left in the books",
        expected=(before + amount, 0),
        actual=(wallet.balance(), client.me().balance),
    )
    stage.facts["withdrawal"] = ended.wire()


def proof(stage: Stage, job: Job) -> None:
    """The receipt proves itself, offline, against the root that the chain carries; an altered one does not."""
    with stage.show.waiting("The books get a root, which a Qubic transaction carries …"):
        stage.operator.close_books()
        exported = _until(
            stage,
            "the receipt's root is on the chain",
            lambda: stage.consumer.receipt_export(job.id),
            lambda found: all(each.anchor is not None for each in found.roots),
        )
    anchors = {each.payload: each.anchor for each in exported.roots if each.anchor is not None}
    carried = [stage.consumer_wallet.payload_of(anchor.transaction_id) for anchor in anchors.values()]
    stage.checklist.equal("the chain carries the books' root", expected=list(anchors), actual=carried)
    with TemporaryDirectory(prefix="qubix-demo-") as folder:
        path = Path(folder) / "receipt.json"
        told = exported.wire()
        stage.checklist.equal("qubix receipt verify: the receipt is genuine", expected=0, actual=_verify(path, told))
        told["receipt"]["cost"] += 1
        stage.checklist.equal("with one QU more it is refused", expected=1, actual=_verify(path, told))
    stage.facts["proof"] = _anchors(exported)


def _verify(path: Path, told: dict[str, Any]) -> int:
    path.write_text(json.dumps(told))
    command = [sys.executable, "-m", "qubix", "receipt", "verify", str(path)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _anchors(exported: ReceiptExport) -> list[dict[str, Any]]:
    return [{"root": each.root, "anchor": each.anchor and each.anchor.wire()} for each in exported.roots]


def _confirmations(escrow: Escrow) -> int:
    return max((each.confirmations for each in escrow.payments if each.direction == "IN"), default=0)


def _until(
    stage: Stage,
    what: str,
    look: Callable[[], T],
    is_so: Callable[[T], bool],
    *,
    confirmations: Callable[[T], int] | None = None,
) -> T:
    deadline = time.monotonic() + _CHAIN_SECONDS
    shown = -1
    while True:
        found = look()
        if confirmations is not None and (seen := confirmations(found)) > shown:
            shown = seen
            stage.show.say(f"  {seen} of {CONFIRMATIONS} confirmations")
        if is_so(found):
            return found
        if time.monotonic() > deadline:
            raise DemoFailed(
                asked=f"Waiting until {what}",
                obstacle=f"after {_CHAIN_SECONDS:.0f} s it is not so",
                remedy="Run the demo with --home to keep the logs of the chain's process.",
            )
        time.sleep(_LOOK_SECONDS)
