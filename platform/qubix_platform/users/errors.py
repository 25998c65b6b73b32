"""Refusals about users and their keys."""

from qubix.errors import Conflict, NotAllowed, NotFound


class UserExists(Conflict):
    """The name, address or e-mail is taken."""

    code = "user_exists"


class ApiKeyNotFound(NotFound):
    """No such key, or it is somebody else's."""


class DevelopmentOnly(NotAllowed):
    """Play money exists on a development platform only."""

    code = "development_only"
