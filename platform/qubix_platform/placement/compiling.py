"""Arithmetic in plain Python until a market is large enough to compile it, which Numba keeps on disk."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

Function = TypeVar("Function", bound=Callable[..., object])

MANY_MACHINES: Final = 64
"""From so many machines on, compiler and linear programming gain more than the 150 MiB that they take in memory."""

_compilable: list[tuple[dict[str, Any], str]] = []


def compiled(function: Function) -> Function:
    """Mark a function that `use_compiler` compiles, to be called by its module. What it calls is marked before it."""
    _compilable.append((function.__globals__, function.__name__))
    return function


def use_compiler() -> None:
    """Let Numba compile what is marked, from now on in this process. Idempotent.

    The compiler takes 150 MiB and a second to load, and some seconds more where its results are not on disk yet.
    """
    import numba

    def compile_one(function: Any) -> Any:
        try:
            return numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # there is no folder to keep the result in
            return numba.njit(nogil=True)(function)

    while _compilable:
        module, name = _compilable.pop(0)
        module[name] = compile_one(module[name])
