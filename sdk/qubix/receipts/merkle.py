"""Hash trees and chains over sealed transactions: RFC 6962's tree, with SHA-256."""

import hashlib
from collections.abc import Sequence
from typing import Final

BLOCK: Final = 1024
"""Leaves whose common root is kept, so that a path needs one block of leaves and the roots of the others."""

EMPTY_CHAIN: Final = bytes(32)
"""What the chain of seals begins with."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of a transaction's bytes."""
    return hashlib.sha256(b"\x00" + content).digest()


def link(chain: bytes, leaf: bytes) -> bytes:
    """The head of the chain after one more leaf."""
    return hashlib.sha256(b"\x02" + chain + leaf).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes in order; over roots of full blocks and a last one, it is the root over all of their leaves.

    Raises:
        ValueError: there are none.
    """
    if not hashes:
        raise ValueError("there is no root of nothing")
    level = list(hashes)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The neighbours, from the bottom up, that lead from the hash at `index` to the root.

    Raises:
        IndexError: there is no such hash.
    """
    if not 0 <= index < len(hashes):
        raise IndexError(f"there is no hash {index} of {len(hashes)}")
    level, neighbours = list(hashes), []
    while len(level) > 1:
        if (index ^ 1) < len(level):
            neighbours.append(level[index ^ 1])
        level, index = _above(level), index // 2
    return neighbours


def root_by_path(leaf: bytes, *, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to; None where no tree of that size has such a path."""
    if not 0 <= index < size:
        return None
    reached, rest = leaf, list(path)
    while size > 1:
        if (index ^ 1) < size:
            if not rest:
                return None
            neighbour = rest.pop(0)
            reached = _node(neighbour, reached) if index & 1 else _node(reached, neighbour)
        index, size = index // 2, (size + 1) // 2
    return None if rest else reached


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
    return pairs + level[len(level) & ~1 :]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
