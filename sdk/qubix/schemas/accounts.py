"""Users, API keys and balances."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from qubix.schemas.base import Qu, QubicAddress, RequestModel, Text, WireModel
from qubix.schemas.states import Role


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
    """An API key, without its secret."""

    id: UUID
    name: str
    prefix: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewApiKey(ApiKey):
    """A fresh API key; `key` is shown once."""

    key: str


class DevCredit(RequestModel):
    """Play money for the caller, on a development platform only."""

    amount: Annotated[Qu, Field(gt=0)]


class DevCredited(WireModel):
    """The balance after the credit, QU."""

    success: bool
    balance: int
