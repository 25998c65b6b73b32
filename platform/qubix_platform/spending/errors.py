"""Why somebody's own limit refused a hold."""

from qubix.errors import InvalidRequest, NotAllowed


class SpendingLimitReached(NotAllowed):
    """A hold would go beyond a limit that its user set."""

    code = "spending_limit_reached"


class LimitedKeysMayNot(NotAllowed):
    """An API key whose spending is limited can neither change limits nor take money past them."""

    code = "limited_key"


class KeyOfSomebodyElse(InvalidRequest):
    """A limit names an API key that its user does not have."""

    code = "key_of_somebody_else"
