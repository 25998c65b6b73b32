"""What both clients do about groups."""

import asyncio
from collections.abc import Sequence
from typing import Unpack
from uuid import UUID

from qubix import group_endpoints, group_flows, submission
from qubix.calls import Page
from qubix.driver import AsyncDriver, Driver
from qubix.group import AsyncJobGroup, JobGroup
from qubix.options import GroupOptions
from qubix.requests import as_id


class GroupMethods:
    """Of the synchronous client."""

    _driver: Driver

    def create_group(
        self,
        path: submission.Paths | None = None,
        *,
        source: str | None = None,
        command: Sequence[str] | None = None,
        entrypoint: str | None = None,
        **options: Unpack[GroupOptions],
    ) -> JobGroup:
        """Create a group of identical jobs, between a minimum and a maximum by the length of their queue.

        Each worker asks for items by `qubix.items()` and ends when there are no more for it. It is a job with a hold
        and a receipt of its own.

        Args:
            path: a Python script, or a folder that is packed with all that it needs.
            source, command, entrypoint: of each worker, as of `submit`.
            options: of the group and of each worker; see `qubix.options.GroupOptions`.

        Raises:
            InvalidRequest: it cannot be created like this; says what to change.
        """
        made = submission.of_group(path, source=source, command=command, entrypoint=entrypoint, options=options)
        try:
            flow = group_flows.create(made.request, made.work, idempotency_key=made.idempotency_key)
            return JobGroup(self._driver, self._driver.run(flow))
        finally:
            made.discard()

    def group(self, group_id: UUID | str) -> JobGroup:
        """A group that was created before."""
        return JobGroup(self._driver, self._driver.send(group_endpoints.group(as_id(group_id, "Showing a group"))))

    def groups(self, *, ended: bool = False, limit: int = 50, offset: int = 0) -> Page[JobGroup]:
        """Your groups, newest first; those that have ended too where `ended` says so."""
        page = self._driver.send(group_endpoints.groups(ended=ended, limit=limit, offset=offset))
        return Page([JobGroup(self._driver, info) for info in page], total=page.total)


class AsyncGroupMethods:
    """Of the asynchronous client; see `GroupMethods`."""

    _driver: AsyncDriver

    async def create_group(
        self,
        path: submission.Paths | None = None,
        *,
        source: str | None = None,
        command: Sequence[str] | None = None,
        entrypoint: str | None = None,
        **options: Unpack[GroupOptions],
    ) -> AsyncJobGroup:
        """Create a group of identical jobs; see `Client.create_group`."""
        made = await asyncio.to_thread(
            submission.of_group, path, source=source, command=command, entrypoint=entrypoint, options=options
        )
        try:
            flow = group_flows.create(made.request, made.work, idempotency_key=made.idempotency_key)
            return AsyncJobGroup(self._driver, await self._driver.run(flow))
        finally:
            made.discard()

    async def group(self, group_id: UUID | str) -> AsyncJobGroup:
        """A group that was created before."""
        call = group_endpoints.group(as_id(group_id, "Showing a group"))
        return AsyncJobGroup(self._driver, await self._driver.send(call))

    async def groups(self, *, ended: bool = False, limit: int = 50, offset: int = 0) -> Page[AsyncJobGroup]:
        """Your groups, newest first; those that have ended too where `ended` says so."""
        page = await self._driver.send(group_endpoints.groups(ended=ended, limit=limit, offset=offset))
        return Page([AsyncJobGroup(self._driver, info) for info in page], total=page.total)
