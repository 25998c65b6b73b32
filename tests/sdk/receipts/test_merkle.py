"""The hash tree against the definition in RFC 6962, written down once more."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qubix.receipts import merkle

hashes = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=80, unique=True)


def by_definition(level: list[bytes]) -> bytes:
    """MTH of RFC 6962: split at the largest power of two below the length."""
    if len(level) == 1:
        return level[0]
    split = 1 << ((len(level) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + by_definition(level[:split]) + by_definition(level[split:])).digest()


@given(level=hashes)
def test_the_root_is_the_one_of_rfc_6962(level: list[bytes]) -> None:
    assert merkle.root(level) == by_definition(level)


@given(level=hashes)
def test_each_path_leads_to_the_root_and_no_other_leaf_or_place_does(level: list[bytes]) -> None:
    root, size = merkle.root(level), len(level)
    for index, leaf in enumerate(level):
        path = merkle.path(level, index)
        assert merkle.root_by_path(leaf, index=index, size=size, path=path) == root
        other = hashlib.sha256(leaf).digest()
        assert merkle.root_by_path(other, index=index, size=size, path=path) != root
        if size > 1:
            assert merkle.root_by_path(leaf, index=(index + 1) % size, size=size, path=path) != root
        assert merkle.root_by_path(leaf, index=index, size=size, path=[*path, leaf]) is None


@given(level=hashes, block=st.sampled_from([1, 2, 4, 8, 16]))
def test_the_root_over_the_roots_of_blocks_is_the_root_over_all(level: list[bytes], block: int) -> None:
    blocks = [merkle.root(level[n : n + block]) for n in range(0, len(level), block)]
    assert merkle.root(blocks) == merkle.root(level)


def test_there_is_no_root_of_nothing_and_no_path_beyond_the_end() -> None:
    with pytest.raises(ValueError, match="nothing"):
        merkle.root([])
    with pytest.raises(IndexError):
        merkle.path([bytes(32)], 1)
    assert merkle.root_by_path(bytes(32), index=1, size=1, path=[]) is None


def test_leaves_nodes_and_links_are_kept_apart() -> None:
    left, right = bytes(32), bytes([1]) * 32
    assert len({merkle.leaf_hash(left + right), merkle.root([left, right]), merkle.link(left, right)}) == 3
