"""A garage on the test's database, as the tests of providers have it."""

from tests.platform.providers.conftest import garage

__all__ = ["garage"]
