"""What a page of the console tells of its own mistakes."""

from structlog.testing import capture_logs

from qubix_serve.context import MISTAKES_A_MINUTE
from tests.serve_app.conftest import Api

PATH = "/api/console/mistakes"
MISTAKE = {"message": "TypeError: x is undefined", "page": "/app/jobs", "stack": "at draw (jobs.js:1:2)"}
OWN_PAGE = {"Origin": "http://127.0.0.1:8000"}


async def test_a_mistake_of_a_page_reaches_the_operators_log(api: Api) -> None:
    async with api.client() as stranger:
        with capture_logs() as logs:
            answer = await stranger.post(PATH, json=MISTAKE, headers=OWN_PAGE)
    assert answer.status_code == 204, answer.text
    assert [each for each in logs if each["event"] == "console_mistake"] == [
        {"event": "console_mistake", "log_level": "error", **MISTAKE}
    ]


async def test_only_our_pages_tell_and_not_without_end(api: Api) -> None:
    async with api.client() as stranger:
        foreign = await stranger.post(PATH, json=MISTAKE, headers={"Origin": "https://elsewhere.example"})
        assert foreign.status_code == 403
        told = [await stranger.post(PATH, json=MISTAKE, headers=OWN_PAGE) for _ in range(MISTAKES_A_MINUTE + 1)]
    assert [answer.status_code for answer in told] == [204] * MISTAKES_A_MINUTE + [429]


async def test_a_mistake_has_a_length(api: Api) -> None:
    async with api.client() as stranger:
        answer = await stranger.post(PATH, json=MISTAKE | {"stack": "x" * 4001}, headers=OWN_PAGE)
    assert answer.status_code == 422
