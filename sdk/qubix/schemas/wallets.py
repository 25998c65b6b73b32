"""Signing in by wallet, the sessions that it opens, and what a wallet holds."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from qubix.schemas.accounts import User
from qubix.schemas.base import Qu, QubicAddress, RequestModel, Text, WireModel
from qubix.schemas.states import SessionKind, WalletFormat


class ChallengeRequest(RequestModel):
    """Who wants to sign in."""

    qubic_address: QubicAddress


class Challenge(WireModel):
    """What to sign: exactly `message`, in one of the `formats` that the platform takes, before `expires_at`."""

    nonce: str
    domain: str
    expires_at: datetime
    message: str
    formats: list[WalletFormat]


class ConnectRequest(RequestModel):
    """A signed challenge.

    `signature` is hexadecimal, for WalletConnect base64. `message` is the text that was signed: with it the challenge
    is found by its nonce, without it the newest of the address is meant. With `join` it becomes the wallet of the
    account whose API key or session the request carries.
    """

    qubic_address: QubicAddress
    signature: Annotated[Text, Field(max_length=200)]
    format: WalletFormat = WalletFormat.EXTENSION
    message: Annotated[Text, Field(max_length=2000)] | None = None
    join: bool = False


class DevelopmentWallet(WireModel):
    """A wallet of a devnet, whose seed everybody knows."""

    number: int
    qubic_address: str


class SigningRequest(RequestModel):
    """The message of a challenge, to be signed with a development wallet."""

    message: Annotated[Text, Field(max_length=2000)]


class DevelopmentSignature(WireModel):
    """What to hand to `/api/wallet/connect`, with the address and the message."""

    qubic_address: str
    signature: str
    format: WalletFormat


class DevelopmentDeposit(RequestModel):
    """QU that a development wallet pays to the caller's deposit address."""

    amount: Annotated[Qu, Field(gt=0)]


class DevelopmentPayment(WireModel):
    """A development wallet's payment, on its way: it is executed in `tick`."""

    transaction_id: str
    source: QubicAddress
    destination: QubicAddress
    amount: int
    tick: int


class WalletSession(WireModel):
    """A session, without its token. `last_used_at` is kept to the minute."""

    id: UUID
    format: SessionKind
    prefix: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewSession(WalletSession):
    """A fresh session; `token` is shown once, and is sent as a bearer token from then on."""

    token: str


class CurrentSession(WireModel):
    """Who a request is signed in as; `user` is null for nobody."""

    user: User | None


class WalletConnected(WireModel):
    """A wallet is signed in. `balance` is what is available here, QU."""

    success: bool
    balance: int
    user: User
    session: NewSession


class NewSignInLink(WireModel):
    """A link that opens the console signed in, once and before it expires. What stands behind its `#` is a secret."""

    url: str
    expires_at: datetime


class SignInLink(RequestModel):
    """The token of a signed-in link."""

    token: Annotated[Text, Field(max_length=200)]


class WalletBalance(WireModel):
    """What a wallet's holder has, QU.

    Attributes:
        on_chain: what the identity holds on the chain; None where the chain does not say.
        on_chain_tick: the tick that it is of.
        on_chain_reason: why there is none.
        available: what can be spent or withdrawn here.
        held: what is in escrow for jobs.
        pending_earnings: what running jobs have earned on the holder's machines, and what is about to be paid out.
        pending_deposits: payments to the holder that are seen on the chain and not yet confirmed.
        pending_withdrawals: what is on its way out.
        payments_stopped: why nothing is sent to the chain at present, and who lets it go on; None where all is well.
    """

    qubic_address: str
    on_chain: int | None
    on_chain_tick: int | None
    on_chain_reason: str | None
    available: int
    held: int
    pending_earnings: int
    pending_deposits: int
    pending_withdrawals: int
    payments_stopped: str | None = None
