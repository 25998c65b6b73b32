from tests.tools.laws.judging import offending_lines
from tools.laws.edge_commits import LAW


def test_catches_a_commit_in_a_service_and_in_a_router() -> None:
    text = "async def create(session):\n    await session.commit()"
    assert offending_lines(LAW, "platform/qubix_platform/jobs/service.py", text) == [2]
    assert offending_lines(LAW, "serve_app/qubix_serve/routers/jobs.py", text) == [2]


def test_allows_the_edge() -> None:
    assert offending_lines(LAW, "platform/qubix_platform/database/session.py", "await session.commit()") == []


def test_passes_a_flush() -> None:
    assert offending_lines(LAW, "platform/qubix_platform/jobs/service.py", "await session.flush()") == []
