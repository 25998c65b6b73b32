"""A devnet's wallets, whose seeds everybody knows: the platform signs with them for who has no wallet at hand.

What they sign is hashed with a prefix of the devnet's own, so it is good for nothing but a sign-in to a devnet.
"""

from functools import cache
from typing import Final

from qubix.qubic import keys, schnorrq
from qubix.qubic.keys import Keys
from qubix.schemas.states import WalletFormat
from qubix.schemas.wallets import DevelopmentSignature, DevelopmentWallet
from qubix_platform.qubic.devnet import seeds
from qubix_platform.wallets.errors import NoDevelopmentWallets, NotASignIn
from qubix_platform.wallets.message import digest, read, spell_signature

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
    _require(is_devnet=is_devnet, asked="Signing with a development wallet")
    if number >= OFFERED:
        raise NoDevelopmentWallets(
            asked=f"Signing with development wallet {number}",
            obstacle=f"there are {OFFERED}, numbered from 0",
            remedy="List them with GET /api/wallet/development.",
        )
    claim = read(message)
    if claim.nonce is None or claim.domain != domain:
        raise NotASignIn(
            asked="Signing with a development wallet",
            obstacle="the message is no sign-in to this platform",
            remedy="Ask for one with POST /api/wallet/challenge, and pass its exact message.",
        )
    wallet = _keys(number)
    signature = schnorrq.sign(subseed=wallet.subseed, digest=digest(message, WalletFormat.DEVNET))
    return DevelopmentSignature(
        qubic_address=wallet.identity,
        signature=spell_signature(signature, WalletFormat.DEVNET),
        format=WalletFormat.DEVNET,
    )


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
