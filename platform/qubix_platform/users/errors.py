"""Refusals about users and their keys."""

from qubix.errors import Conflict, NotFound


class UserExists(Conflict):
    """The name, address or e-mail is taken."""

    code = "user_exists"


class UserNotFound(NotFound):
    """No user of that name."""

    code = "user_not_found"


class ApiKeyNotFound(NotFound):
    """No such key, or it is somebody else's."""
