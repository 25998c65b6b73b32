"""Every list says how long it is."""

from collections.abc import Iterator
from typing import Any, get_origin

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant

from qubix_serve.app import create_app
from qubix_serve.dependencies import requested_page
from qubix_serve.paging import streamed_list, whole_list
from qubix_serve.settings import ServeSettings
from tests.serve_app.conftest import Api
from tests.serve_app.routers.test_scopes import routes_of


def _asked_for(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _asked_for(each)


def test_every_route_that_gives_a_list_is_paged_or_whole_or_goes_on(serve_settings: ServeSettings) -> None:
    app: FastAPI = create_app(serve_settings)
    lists = [
        route
        for route in routes_of(app.routes)
        if "GET" in (route.methods or ()) and get_origin(route.response_model) is list
    ]
    known = {requested_page, whole_list, streamed_list}

    assert len(lists) > 10
    assert [route.path for route in lists if not known & set(_asked_for(route.dependant))] == []


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("/api/users/me/keys", "1"),
        ("/api/users/me/sessions", "0"),
        ("/api/users/me/limits", "0"),
        ("/api/providers/my", "0"),
        ("/api/wallet/deposits?limit=1", "0"),
        ("/api/wallet/withdrawals", "0"),
    ],
)
async def test_lists_of_the_callers_say_how_long_they_are(api: Api, path: str, total: str) -> None:
    ana: httpx.AsyncClient = await api.user("ana")
    answer = await ana.get(path)

    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Total-Count"] == total
