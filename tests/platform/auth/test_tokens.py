"""Tokens: what they give away, and what cannot be forged."""

from uuid import UUID, uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from qubix_platform.auth.errors import UnknownToken
from qubix_platform.auth.tokens import (
    TokenKind,
    attempt_token,
    digest,
    kind_of,
    new_token,
    read_attempt_token,
)


def test_a_new_token_tells_its_kind_and_hides_the_rest() -> None:
    for kind in (TokenKind.API_KEY, TokenKind.JOIN, TokenKind.WORKER):
        token = new_token(kind)
        assert kind_of(token.plain) is kind
        assert digest(token.plain) == token.digest
        assert token.plain not in repr(token)
        assert len(token.plain) > 40


def test_a_token_of_nobody_is_refused() -> None:
    with pytest.raises(UnknownToken, match="none of ours"):
        kind_of("sk-something")


@given(attempt=st.uuids(), secret=st.binary(min_size=1, max_size=64))
def test_an_attempt_token_speaks_for_its_attempt(attempt: UUID, secret: bytes) -> None:
    assert read_attempt_token(attempt_token(secret=secret, attempt_id=attempt), secret=secret) == attempt


@given(position=st.integers(8, 104), letter=st.sampled_from("0123456789abcdefg_-é"))
def test_an_attempt_token_that_was_altered_is_refused(position: int, letter: str) -> None:
    token = attempt_token(secret=b"secret", attempt_id=UUID(int=7))
    altered = token[:position] + letter + token[position + 1 :]
    assume(altered != token)
    with pytest.raises(UnknownToken):
        read_attempt_token(altered, secret=b"secret")


def test_another_platforms_token_is_refused() -> None:
    with pytest.raises(UnknownToken, match="not made by this platform"):
        read_attempt_token(attempt_token(secret=b"theirs", attempt_id=uuid4()), secret=b"ours")
