"""Arrays: one submission that makes many jobs, which differ in `QUBIX_ARRAY_INDEX`."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import AfterValidator, Field, model_validator

from qubix.schemas.base import WireModel
from qubix.schemas.jobs import Job, JobCreate
from qubix.schemas.states import JobStatus

MAX_ARRAY_SIZE = 1_000
"""Jobs of one array."""

_FORM: Final = re.compile(r"(\d{1,7})-(\d{1,7})(?:%(\d{1,7}))?", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ArrayRange:
    """The indices of an array, `first` and `last` among them, of which `at_once` jobs at most run at one time."""

    first: int
    last: int
    at_once: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read it as people write it: "0-99", or "0-99%10" for ten at a time.

        Raises:
            ValueError: says what is wrong with it.
        """
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError('an array is written FIRST-LAST, or FIRST-LAST%AT_ONCE: "0-99%10"')
        first, last = int(found[1]), int(found[2])
        size = last - first + 1
        if size < 1:
            raise ValueError(f"an array goes upwards: {last}-{first}, not {first}-{last}")
        if size > MAX_ARRAY_SIZE:
            raise ValueError(f"an array has at most {MAX_ARRAY_SIZE:,} jobs, and {text} has {size:,}: submit several")
        at_once = size if found[3] is None else int(found[3])
        if at_once < 1:
            raise ValueError("of an array at least one job runs at a time: %1")
        return cls(first=first, last=last, at_once=min(at_once, size))

    @property
    def size(self) -> int:
        """How many jobs it has."""
        return self.last - self.first + 1


def _is_an_array(text: str) -> str:
    ArrayRange.parse(text)
    return text


class ArrayCreate(JobCreate):
    """Jobs to run, one for each index of `array`: "0-99", or "0-99%10" for ten at a time.

    Each is a job by itself, with a hold of its own and `QUBIX_ARRAY_INDEX`, `QUBIX_ARRAY_ID` and `QUBIX_ARRAY_SIZE` in
    its environment; all of them share the bundle. All are created, or none.
    """

    array: Annotated[str, Field(max_length=32), AfterValidator(_is_an_array)]

    @model_validator(mode="after")
    def _is_paid_from_the_balance(self) -> "ArrayCreate":
        if self.escrow_id is not None:
            raise ValueError("an escrow pays for one job: the jobs of an array are paid from the balance")
        return self


class JobArray(WireModel):
    """An array as its owner sees it. Amounts in QU, of all its jobs together; `counts` by state.

    `costSoFar` is that of the jobs that have ended.
    """

    id: UUID
    name: str
    first_index: int
    last_index: int
    at_once: int
    size: int
    counts: dict[JobStatus, int]
    held_back: int
    hold_amount: int
    cost_so_far: int
    created_at: datetime

    @property
    def is_final(self) -> bool:
        """Whether all of its jobs have ended."""
        return all(status.is_final for status, count in self.counts.items() if count)


class ArrayCreated(WireModel):
    """Answer to a creation. `estimatedCost` is the likely cost of all jobs together, in QU."""

    success: bool
    array: JobArray
    jobs: list[Job]
    estimated_cost: int


class ArrayCancelled(WireModel):
    """A cancel was taken in: jobs that wait are CANCELLED at once, the others when their runners stopped them."""

    success: bool
    array: JobArray
