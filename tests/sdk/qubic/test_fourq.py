"""The curve's arithmetic, held to the laws of a group."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qubix.qubic.fourq import field, multiples, points
from tests.sdk.qubic.vectors import VECTORS

scalars = st.integers(min_value=0, max_value=2**256 - 1)
elements = st.tuples(st.integers(min_value=0, max_value=field.P - 1), st.integers(min_value=0, max_value=field.P - 1))


def test_the_constants_are_the_published_ones() -> None:
    curve = VECTORS["curve"]
    generator = points.GENERATOR
    assert int(curve["order_hex"], 16) == points.ORDER
    assert curve["cofactor"] == points.COFACTOR
    assert tuple(int(part, 16) for part in curve["gx"]) == generator.x
    assert tuple(int(part, 16) for part in curve["gy"]) == generator.y


def test_the_generator_lies_on_the_curve_and_has_the_order() -> None:
    assert points.decode(points.encode(points.GENERATOR)) == points.GENERATOR
    assert points.is_neutral(multiples.of_point(points.ORDER, points.GENERATOR))
    assert not points.is_neutral(multiples.of_cofactor(points.GENERATOR))


@settings(max_examples=30)
@given(scalars)
def test_the_table_and_the_windows_agree(scalar: int) -> None:
    by_table = points.encode(multiples.of_generator(scalar))
    assert by_table == points.encode(multiples.of_point(scalar, points.GENERATOR))


@settings(max_examples=30)
@given(scalars, scalars)
def test_multiples_add_up(one: int, other: int) -> None:
    parts = multiples.of_generator(one, onto=multiples.of_generator(other))
    assert points.encode(parts) == points.encode(multiples.of_generator(one + other))


@settings(max_examples=30)
@given(scalars)
def test_doubling_is_adding_to_itself(scalar: int) -> None:
    point = multiples.of_generator(scalar)
    assert points.encode(points.double(point)) == points.encode(points.plus(point, points.addend(point)))


@settings(max_examples=30)
@given(scalars)
def test_a_point_is_read_back_from_its_bytes(scalar: int) -> None:
    encoded = points.encode(multiples.of_generator(scalar))
    decoded = points.decode(encoded)
    assert decoded is not None
    assert points.encode(decoded) == encoded


@given(elements)
def test_a_square_has_its_root(element: field.Element) -> None:
    root = field.square_root(field.square(element))
    assert root in (element, field.negate(element))


@given(elements)
def test_a_root_is_only_given_of_a_square(element: field.Element) -> None:
    root = field.square_root(element)
    assert root is None or field.square(root) == element


@given(elements.filter(any))
def test_an_inverse_times_the_element_is_one(element: field.Element) -> None:
    assert field.multiply(element, field.invert(element)) == field.ONE


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        bytes(31),
        bytes(33),
        field.P.to_bytes(16, "little") + bytes(16),
        bytes(16) + field.P.to_bytes(16, "little"),
        (1 << 127).to_bytes(16, "little") + bytes(16),
        (1).to_bytes(31, "little") + b"\x80",
        (field.P - 1).to_bytes(31, "little") + b"\x80",
        b"\xff" * 32,
        (2).to_bytes(32, "little"),
    ],
    ids=[
        "empty",
        "short",
        "long",
        "y unreduced",
        "y unreduced, second half",
        "a bit too high",
        "neutral point with a sign",
        "point of order two with a sign",
        "all ones",
        "not on the curve",
    ],
)
def test_what_is_no_canonical_point_is_not_read(encoded: bytes) -> None:
    assert points.decode(encoded) is None


def test_points_without_a_part_in_the_subgroup_are_recognised() -> None:
    for y in ((1).to_bytes(32, "little"), (field.P - 1).to_bytes(32, "little"), bytes(32)):
        small = points.decode(y)
        assert small is not None
        assert points.is_neutral(multiples.of_cofactor(small))
