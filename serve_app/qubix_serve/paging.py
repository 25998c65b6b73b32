"""Lists that come in one piece: they say how long they are, as those that come in pages do."""

from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response

T = TypeVar("T")


class Whole:
    """A list of which nothing is held back."""

    def __init__(self, response: Response) -> None:
        self._response = response

    def of(self, items: list[T]) -> list[T]:
        """The items, and `X-Total-Count` with their number."""
        self._response.headers["X-Total-Count"] = str(len(items))
        return items


async def whole_list(response: Response) -> Whole:
    """For a route that gives a list as a whole."""
    return Whole(response)


Listed = Annotated[Whole, Depends(whole_list)]


class Stream:
    """A list that goes on: what comes after a place, up to a limit."""

    def __init__(self, request: Request, response: Response) -> None:
        self._request = request
        self._response = response

    def continue_after(self, place: int) -> None:
        """Set `Link` to what comes next (RFC 8288)."""
        here = self._request.url.replace(scheme="", netloc="").include_query_params(after=place)
        self._response.headers["Link"] = f'<{here}>; rel="next"'


async def streamed_list(request: Request, response: Response) -> Stream:
    """For a route that gives what comes after a place."""
    return Stream(request, response)


Streamed = Annotated[Stream, Depends(streamed_list)]
