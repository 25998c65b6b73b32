"""Multiples of points: of the generator by a table, of any other by signed windows."""

from functools import cache
from typing import Final

from qubix.qubic.fourq.points import (
    COFACTOR,
    GENERATOR,
    NEUTRAL,
    ORDER,
    Addend,
    Point,
    addend,
    double,
    opposite,
    plus,
)

_TABLE_BITS: Final = 6
_WINDOW_BITS: Final = 5


def of_generator(scalar: int, *, onto: Point = NEUTRAL) -> Point:
    """`onto` + scalar · G, for a scalar of any size."""
    scalar %= ORDER
    total = onto
    for row in _generator_table():
        digit = scalar & ((1 << _TABLE_BITS) - 1)
        scalar >>= _TABLE_BITS
        if digit:
            total = plus(total, row[digit - 1])
    return total


def of_point(scalar: int, point: Point) -> Point:
    """scalar · point, for a scalar that is not negative."""
    twice = addend(double(point))
    odd_multiples = [point]
    for _ in range((1 << (_WINDOW_BITS - 2)) - 1):
        odd_multiples.append(plus(odd_multiples[-1], twice))
    added = [addend(multiple) for multiple in odd_multiples]
    total = NEUTRAL
    for digit in reversed(_signed_digits(scalar)):
        total = double(total)
        if digit > 0:
            total = plus(total, added[digit >> 1])
        elif digit < 0:
            total = plus(total, opposite(added[-digit >> 1]))
    return total


def of_cofactor(point: Point) -> Point:
    """392 · point: neutral for exactly those points that have no part in the subgroup of the keys."""
    return of_point(COFACTOR, point)


def _signed_digits(scalar: int) -> list[int]:
    """The scalar as Σ digit·2^i, least first, each digit zero or odd and any five in a row at most one not zero."""
    digits = []
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & ((1 << _WINDOW_BITS) - 1)
            if digit >> (_WINDOW_BITS - 1):
                digit -= 1 << _WINDOW_BITS
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits


@cache
def _generator_table() -> tuple[tuple[Addend, ...], ...]:
    """Row i holds digit · 64^i · G for each digit from 1 to 63; made at the first use, in about 20 ms."""
    rows = []
    base = GENERATOR
    for _ in range(-(-ORDER.bit_length() // _TABLE_BITS)):
        step = addend(base)
        multiples = [base]
        for _ in range((1 << _TABLE_BITS) - 2):
            multiples.append(plus(multiples[-1], step))
        rows.append(tuple(addend(multiple) for multiple in multiples))
        base = plus(multiples[-1], step)
    return tuple(rows)
