"""What the owner of a machine says of it, for jobs to choose by."""

from collections.abc import Sequence

from qubix.errors import InvalidRequest
from qubix.schemas.base import is_slug
from qubix.schemas.providers import MAX_LABELS


def read_labels(texts: Sequence[str]) -> dict[str, str]:
    """Labels as a command line gives them, NAME=value each.

    Raises:
        InvalidRequest: one is none, says two things, or they are too many.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = text.partition("=")
        if not (is_slug(name) and is_slug(value)):
            raise InvalidRequest(
                asked=f"Joining with the label {text!r}",
                obstacle="it is not NAME=value, each at most 63 letters, digits, dots, dashes and underscores",
                remedy="Write it as --label network=10g; name and value begin and end with a letter or digit.",
            )
        if found.get(name, value) != value:
            raise InvalidRequest(
                asked=f"Joining with the label {text!r}",
                obstacle=f"it has the value {found[name]!r} too",
                remedy="Give each label once.",
            )
        found[name] = value
    if len(found) > MAX_LABELS:
        raise InvalidRequest(
            asked=f"Joining with {len(found)} labels",
            obstacle=f"a machine has at most {MAX_LABELS}",
            remedy="Leave some out.",
        )
    return found
