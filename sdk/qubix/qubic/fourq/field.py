"""Arithmetic in GF(p²), p = 2¹²⁷ - 1, elements written a + b·i with i² = -1."""

from typing import Final

P: Final = (1 << 127) - 1

Element = tuple[int, int]

ZERO: Final[Element] = (0, 0)
ONE: Final[Element] = (1, 0)


def add(a: Element, b: Element) -> Element:
    """a + b."""
    return (a[0] + b[0]) % P, (a[1] + b[1]) % P


def subtract(a: Element, b: Element) -> Element:
    """a - b."""
    return (a[0] - b[0]) % P, (a[1] - b[1]) % P


def negate(a: Element) -> Element:
    """-a."""
    return -a[0] % P, -a[1] % P


def multiply(a: Element, b: Element) -> Element:
    """a · b."""
    a0, a1 = a
    b0, b1 = b
    return (a0 * b0 - a1 * b1) % P, (a0 * b1 + a1 * b0) % P


def square(a: Element) -> Element:
    """a²."""
    a0, a1 = a
    return (a0 + a1) * (a0 - a1) % P, 2 * a0 * a1 % P


def invert(a: Element) -> Element:
    """1 / a, for a ≠ 0."""
    a0, a1 = a
    norm = pow(a0 * a0 + a1 * a1, -1, P)
    return a0 * norm % P, -a1 * norm % P


def square_root(a: Element) -> Element | None:
    """One of the two roots of a, or None where a is no square."""
    a0, a1 = a
    norm = _prime_root(a0 * a0 + a1 * a1)
    if norm is None:
        return None
    half = (P + 1) // 2
    for candidate in ((a0 + norm) * half % P, (a0 - norm) * half % P):
        real = _prime_root(candidate)
        if real is None:
            continue
        # With a zero real part the root is purely imaginary, and its square is -b².
        imaginary = a1 * half * pow(real, -1, P) % P if real else _prime_root(-a0)
        if imaginary is not None and square((real, imaginary)) == a:
            return real, imaginary
    return None


def _prime_root(a: int) -> int | None:
    root = pow(a, (P + 1) // 4, P)
    return root if root * root % P == a % P else None
