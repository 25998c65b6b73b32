"""A devnet's wallets, whose seeds everybody knows: the platform signs with them for who has no wallet at hand.

What they sign is hashed with a prefix of the devnet's own, so it is good for nothing but a sign-in to a devnet. They
pay as well, to whom a deposit is to be tried out for.
"""

from functools import cache
from typing import Final

from qubix.qubic import identity, keys, schnorrq
from qubix.qubic.keys import Keys
from qubix.qubic.transaction import Transaction
from qubix.schemas.states import WalletFormat
from qubix.schemas.wallets import DevelopmentSignature, DevelopmentWallet
from qubix.wallets import seeds
from qubix.wallets.message import digest, read, spell_signature
from qubix_platform.chain.transactions.lifecycle import TICKS_AHEAD
from qubix_platform.wallets.errors import DevelopmentWalletEmpty, NoDevelopmentWallets, NotASignIn

OFFERED: Final = 6
"""So many of them are offered. The others are left to programs."""


def wallets(*, is_devnet: bool) -> list[DevelopmentWallet]:
    """The wallets that can be signed with here.

    Raises:
        NoDevelopmentWallets: the platform does not run on a devnet.
    """
    _require(is_devnet=is_devnet, asked="Listing development wallets")
    return [DevelopmentWallet(number=number, qubic_address=_keys(number).identity) for number in range(OFFERED)]


def sign(number: int, message: str, *, domain: str, is_devnet: bool) -> DevelopmentSignature:
    """Sign a sign-in to this platform with one of the wallets. Takes milliseconds of a processor.

    Args:
        number: which wallet, from 0.
        message: of a challenge.
        domain: this platform's.
        is_devnet: whether it runs on a devnet.

    Raises:
        NoDevelopmentWallets: it does not, or there is no wallet of that number.
        NotASignIn: the message is not one of this platform's challenges.
    """
    wallet = _wallet(number, is_devnet=is_devnet, doing="Signing")
    claim = read(message)
    if claim.nonce is None or claim.domain != domain:
        raise NotASignIn(
            asked="Signing with a development wallet",
            obstacle="the message is no sign-in to this platform",
            remedy="Ask for one with POST /api/wallet/challenge, and pass its exact message.",
        )
    signature = schnorrq.sign(subseed=wallet.subseed, digest=digest(message, WalletFormat.DEVNET))
    return DevelopmentSignature(
        qubic_address=wallet.identity,
        signature=spell_signature(signature, WalletFormat.DEVNET),
        format=WalletFormat.DEVNET,
    )


def payment(number: int, *, address: str, amount: int, balance: int, tick: int, is_devnet: bool) -> Transaction:
    """A signed transfer from one of the wallets. Takes milliseconds of a processor.

    Args:
        number: which wallet, from 0.
        address: who is paid.
        amount: whole QU.
        balance: what the wallet holds on the chain, QU.
        tick: the network's own, now.
        is_devnet: whether the platform runs on a devnet.

    Raises:
        NoDevelopmentWallets: it does not, or there is no wallet of that number.
        DevelopmentWalletEmpty: the wallet does not cover it.
    """
    wallet = _wallet(number, is_devnet=is_devnet, doing="Paying")
    if balance < amount:
        raise DevelopmentWalletEmpty(
            asked=f"Paying {amount} QU from development wallet {number}",
            obstacle=f"it holds {balance} QU on the chain",
            remedy="Pay less, or from another one: GET /api/wallet/development.",
        )
    unsigned = Transaction(
        source=wallet.public_key, destination=identity.decode(address), amount=amount, tick=tick + TICKS_AHEAD
    )
    return unsigned.signed(subseed=wallet.subseed)


def address_of(number: int, *, is_devnet: bool) -> str:
    """The identity of one of the wallets.

    Raises:
        NoDevelopmentWallets: the platform does not run on a devnet, or there is no wallet of that number.
    """
    return _wallet(number, is_devnet=is_devnet, doing="Paying").identity


def _wallet(number: int, *, is_devnet: bool, doing: str) -> Keys:
    _require(is_devnet=is_devnet, asked=f"{doing} with a development wallet")
    if number >= OFFERED:
        raise NoDevelopmentWallets(
            asked=f"{doing} with development wallet {number}",
            obstacle=f"there are {OFFERED}, numbered from 0",
            remedy="List them with GET /api/wallet/development.",
        )
    return _keys(number)


@cache
def _keys(number: int) -> Keys:
    return keys.derive(seeds.funded(number))


def _require(*, is_devnet: bool, asked: str) -> None:
    if not is_devnet:
        raise NoDevelopmentWallets(
            asked=asked,
            obstacle="this platform does not run on a devnet, where alone the seeds of wallets are known to all",
            remedy="Sign in with a wallet of your own.",
        )
