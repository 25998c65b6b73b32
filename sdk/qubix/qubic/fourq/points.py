"""Points of the curve, their addition and their 32 bytes.

Points are kept in extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z and x·y = T/Z. The addition is complete: it
needs no case for the neutral point, nor for doubling.
"""

from typing import Final, NamedTuple

from qubix.qubic.fourq.field import (
    ONE,
    ZERO,
    Element,
    P,
    add,
    invert,
    multiply,
    negate,
    square,
    square_root,
    subtract,
)

# The order of the subgroup that keys live in; the curve has 392 times as many points.
ORDER: Final = 0x29CBC14E5E0A72F05397829CBC14E5DFBD004DFE0F79992FB2540EC7768CE7
COFACTOR: Final = 392
POINT_BYTES: Final = 32

_COORDINATE_BYTES: Final = 16
_SIGN_SHIFT: Final = 126  # a coordinate is 127 bits long and its highest is the sign
_SIGN_BIT: Final = 1 << 255
_D: Final[Element] = (0xE40000000000000142, 0x5E472F846657E0FCB3821488F1FC0C8D)
_TWICE_D: Final = add(_D, _D)


class Point(NamedTuple):
    """A point in extended coordinates."""

    x: Element
    y: Element
    z: Element
    t: Element


class Addend(NamedTuple):
    """A point prepared for being added many times: Y+X, Y-X, 2Z and 2d·T."""

    plus: Element
    minus: Element
    twice_z: Element
    twice_dt: Element


NEUTRAL: Final = Point(ZERO, ONE, ONE, ZERO)


def of_affine(x: Element, y: Element) -> Point:
    """The point with these coordinates."""
    return Point(x, y, ONE, multiply(x, y))


GENERATOR: Final = of_affine(
    (0x1A3472237C2FB305286592AD7B3833AA, 0x1E1F553F2878AA9C96869FB360AC77F6),
    (0xE3FEE9BA120785AB924A2462BCBB287, 0x6E1C4AF8630E024249A7C344844C8B5C),
)


def addend(point: Point) -> Addend:
    """The point, prepared for being added."""
    return Addend(add(point.y, point.x), subtract(point.y, point.x), add(point.z, point.z), multiply(point.t, _TWICE_D))


def opposite(prepared: Addend) -> Addend:
    """What subtracts the point."""
    return Addend(prepared.minus, prepared.plus, prepared.twice_z, negate(prepared.twice_dt))


def plus(point: Point, prepared: Addend) -> Point:
    """The sum of two points."""
    a = multiply(subtract(point.y, point.x), prepared.minus)
    b = multiply(add(point.y, point.x), prepared.plus)
    c = multiply(point.t, prepared.twice_dt)
    d = multiply(point.z, prepared.twice_z)
    e, f, g, h = subtract(b, a), subtract(d, c), add(d, c), add(b, a)
    return Point(multiply(e, f), multiply(g, h), multiply(f, g), multiply(e, h))


def double(point: Point) -> Point:
    """Twice a point. Most of a verification's time is spent here, hence the field's operations written out."""
    (x0, x1), (y0, y1), (z0, z1), _ = point
    a0, a1 = (x0 + x1) * (x0 - x1), 2 * x0 * x1
    b0, b1 = (y0 + y1) * (y0 - y1), 2 * y0 * y1
    s0, s1 = x0 + y0, x1 + y1
    e0, e1 = ((s0 + s1) * (s0 - s1) - a0 - b0) % P, (2 * s0 * s1 - a1 - b1) % P
    g0, g1 = (b0 - a0) % P, (b1 - a1) % P
    h0, h1 = (-a0 - b0) % P, (-a1 - b1) % P
    f0, f1 = (g0 - 2 * (z0 + z1) * (z0 - z1)) % P, (g1 - 4 * z0 * z1) % P
    return Point(
        ((e0 * f0 - e1 * f1) % P, (e0 * f1 + e1 * f0) % P),
        ((g0 * h0 - g1 * h1) % P, (g0 * h1 + g1 * h0) % P),
        ((f0 * g0 - f1 * g1) % P, (f0 * g1 + f1 * g0) % P),
        ((e0 * h0 - e1 * h1) % P, (e0 * h1 + e1 * h0) % P),
    )


def is_neutral(point: Point) -> bool:
    """Whether this is the neutral point of the group."""
    return point.x == ZERO and point.y == point.z


def encode(point: Point) -> bytes:
    """The 32 bytes of a point: y, and in the highest bit the sign of x."""
    inverse = invert(point.z)
    x, y = multiply(point.x, inverse), multiply(point.y, inverse)
    return (y[0] | y[1] << 128 | _sign(x) << 255).to_bytes(POINT_BYTES, "little")


def decode(encoded: bytes) -> Point | None:
    """The point of 32 bytes, or None where they are no point or not its only canonical spelling."""
    if len(encoded) != POINT_BYTES:
        return None
    number = int.from_bytes(encoded, "little")
    sign = number >> 255
    y = (number & ((1 << 128) - 1), (number & ~_SIGN_BIT) >> 128)
    if y[0] >= P or y[1] >= P:
        return None
    y_squared = square(y)
    # d is no square, so the denominator is never zero.
    x = square_root(multiply(subtract(y_squared, ONE), invert(add(multiply(_D, y_squared), ONE))))
    if x is None or (x == ZERO and sign):
        return None
    return of_affine(x if _sign(x) == sign else negate(x), y)


def _sign(x: Element) -> int:
    return (x[0] or x[1]) >> _SIGN_SHIFT
