"""Users, API keys and balances."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from qubix.schemas.base import Qu, QubicAddress, RequestModel, Text, WireModel
from qubix.schemas.states import Role, Scope

ALL_SCOPES = tuple(Scope)


class User(WireModel):
    """A user of the market. `balance` is what is available, `held` what is in escrow, both QU."""

    id: UUID
    qubic_address: str | None
    username: str | None
    email: str | None
    role: Role
    is_operator: bool
    balance: int
    held: int
    created_at: datetime


class UserCreate(RequestModel):
    """A new user, made by an operator."""

    username: Annotated[Text, Field(min_length=1, max_length=100)]
    qubic_address: QubicAddress | None = None
    email: Annotated[Text, Field(max_length=320)] | None = None
    role: Role = Role.BOTH


class ApiKey(WireModel):
    """An API key, without its secret. `last_used_at` is kept to the minute."""

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewApiKey(ApiKey):
    """A fresh API key; `key` is shown once."""

    key: str


class ApiKeyCreate(RequestModel):
    """A new API key: for what, and for how long (seconds; for good where it is left out)."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(ALL_SCOPES))] = list(ALL_SCOPES)
    expires_in_seconds: Annotated[int, Field(ge=60, le=10 * 366 * 86_400)] | None = None


class QuotaSet(RequestModel):
    """What a user may have of the market, as an operator sets it.

    `weight` is their part of it beside others', 100 for an ordinary user; `maxGpus` how many GPUs they may have at once
    (no bound where it is left out); `mayUseHigh` whether their jobs may be of high priority.
    """

    weight: Annotated[int, Field(ge=1, le=10_000)] = 100
    max_gpus: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    may_use_high: bool = False


class Quota(WireModel):
    """What a user may have of the market; see `QuotaSet`."""

    user_id: UUID
    username: str | None
    weight: int
    max_gpus: int | None
    may_use_high: bool


class DevCredit(RequestModel):
    """Play money for the caller, on a development platform only."""

    amount: Annotated[Qu, Field(gt=0)]


class DevCredited(WireModel):
    """The balance after the credit, QU."""

    success: bool
    balance: int
