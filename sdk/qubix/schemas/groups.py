"""Groups: identical jobs that share a queue of items, and whose number follows its length."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, model_validator

from qubix.schemas.base import RequestModel, Text, WireModel
from qubix.schemas.jobs import JobCreate
from qubix.schemas.states import GroupStatus, ItemStatus

MAX_GROUP_WORKERS = 200
MAX_ITEMS_PER_PUSH = 1_000

Workers = Annotated[int, Field(ge=0, le=MAX_GROUP_WORKERS)]
MaxWorkers = Annotated[int, Field(ge=1, le=MAX_GROUP_WORKERS)]


class GroupCreate(JobCreate):
    """A group to run: each of its workers is a job as this says, with a hold and a receipt of its own.

    Between `minWorkers` and `maxWorkers` run at once: one for each `itemsPerWorker` items that are queued or taken.
    There are fewer again once fewer would have done for `idleSeconds`. An item whose worker fails is given to another,
    until it was tried `maxTries` times; what a provider or the platform failed is not counted.
    """

    min_workers: Workers = 0
    max_workers: MaxWorkers
    items_per_worker: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    idle_seconds: Annotated[int, Field(ge=0, le=86_400)] = 60
    max_tries: Annotated[int, Field(ge=1, le=20)] = 3

    @model_validator(mode="after")
    def _is_a_group(self) -> "GroupCreate":
        if self.min_workers > self.max_workers:
            raise ValueError(f"minWorkers is {self.min_workers}, more than maxWorkers, which is {self.max_workers}")
        if self.escrow_id is not None:
            raise ValueError("an escrow pays for one job: the workers of a group are paid from the balance")
        if self.after or self.after_any or self.deadline is not None:
            raise ValueError("a group's workers come and go: leave out after, afterAny and deadline")
        if self.workers > 1 or self.standby:
            raise ValueError("each worker of a group is a job on one machine: leave out workers and standby")
        return self


class GroupScale(RequestModel):
    """Other bounds for a group; what is left out stays. A group that stopped after failures goes on."""

    min_workers: Workers | None = None
    max_workers: MaxWorkers | None = None


class JobGroup(WireModel):
    """A group as its owner sees it. Amounts in QU, of all its workers together.

    `workers` run or wait for a machine, `leaving` end after what they have in hand. `items` by state. Where there is an
    `obstacle`, it says why there are fewer workers than the queue calls for.
    """

    id: UUID
    name: str
    status: GroupStatus
    min_workers: int
    max_workers: int
    items_per_worker: int
    idle_seconds: int
    max_tries: int
    workers: int
    leaving: int
    items: dict[ItemStatus, int]
    obstacle: str | None
    held: int
    cost_so_far: int
    created_at: datetime
    ended_at: datetime | None


class GroupAnswer(WireModel):
    """What was asked of a group was taken in."""

    success: bool
    group: JobGroup


class NewItem(RequestModel):
    """Something to do. Of two items with one `name` in a group only the first counts."""

    name: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    data: JsonValue


class ItemsPush(RequestModel):
    """Items for the end of a group's queue."""

    items: Annotated[list[NewItem], Field(min_length=1, max_length=MAX_ITEMS_PER_PUSH)]


class ItemsPushed(WireModel):
    """The items are queued. Those whose name was there before are not among the `added`."""

    success: bool
    added: int
    names: list[str]


class GroupItem(WireModel):
    """An item as the group's owner sees it. `tries` counts the workers that it was too much for."""

    id: int
    name: str
    data: JsonValue
    status: ItemStatus
    tries: int
    job_id: UUID | None
    result: JsonValue
    error: str | None
    created_at: datetime
    taken_at: datetime | None
    ended_at: datetime | None


class ItemEnd(RequestModel):
    """What came of an item: a `result`, or an `error` where it could not be done, which is final."""

    id: int
    result: JsonValue = None
    error: Annotated[Text, Field(min_length=1, max_length=16_384)] | None = None


class ItemExchange(RequestModel):
    """A worker's runner hands in what came of an item, asks for the next one, or both."""

    end: ItemEnd | None = None
    wants: bool = True


class TakenItem(WireModel):
    """An item as the worker gets it: its own until it ended, or the worker did."""

    id: int
    name: str
    data: JsonValue
    tries: int


class ItemAnswer(WireModel):
    """The item to do now, if there is one. `leave` says that there will be none: the worker is to end."""

    success: bool
    item: TakenItem | None = None
    leave: bool = False
