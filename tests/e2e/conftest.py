"""A platform that is up for the tests of this folder, and gone before those of another begin."""

from tests.platform_fixture import platform

__all__ = ["platform"]
