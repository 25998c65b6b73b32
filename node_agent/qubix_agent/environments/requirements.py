"""What a job may ask for, brought to one form, so that equal wishes share an environment."""

import hashlib
import json
import platform
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from qubix_agent.environments.errors import RequirementRefused

DEFAULT_LOCK: Final = Path(__file__).with_name("default-requirements.lock")
MOST_REQUIREMENTS: Final = 200
_LONGEST: Final = 500
# Raised when environments are built in another way, so that older ones are no longer used.
_FORMAT: Final = 1


def normalise(requirements: Sequence[str]) -> tuple[str, ...]:
    """One canonical, sorted line per requirement, duplicates and empty lines left out.

    Raises:
        RequirementRefused: a line is no requirement of PEP 508, or asks for a path, an address or an option of pip.
    """
    lines = [line.strip() for line in requirements]
    lines = [line for line in lines if line and not line.startswith("#")]
    if len(lines) > MOST_REQUIREMENTS:
        raise RequirementRefused(
            asked=f"An environment with {len(lines)} requirements",
            obstacle=f"more than {MOST_REQUIREMENTS} are not taken",
            remedy="Name only what the job imports; what those need comes along.",
        )
    return tuple(sorted({_canonical(line) for line in lines}))


def _canonical(line: str) -> str:
    try:
        requirement = Requirement(line) if len(line) <= _LONGEST else None
    except InvalidRequirement as error:
        raise _refused(line, str(error).splitlines()[0]) from error
    if requirement is None:
        raise _refused(line[:80] + "…", f"it is longer than {_LONGEST} characters")
    if requirement.url:
        raise _refused(line, "it names an address")
    requirement.name = canonicalize_name(requirement.name)
    requirement.extras = {canonicalize_name(extra) for extra in requirement.extras}
    return str(requirement)


def _refused(line: str, obstacle: str) -> RequirementRefused:
    return RequirementRefused(
        asked=f"The requirement {line!r}",
        obstacle=obstacle,
        remedy='Name a package of the index, such as "pandas>=2.2"; options, paths and addresses are not taken.',
    )


def environment_sha(requirements: Sequence[str]) -> str:
    """The content hash of an environment: normalised requirements (none: the default's lock), Python and platform."""
    content = list(requirements) or [DEFAULT_LOCK.read_text(encoding="utf-8")]
    identity = {
        "format": _FORMAT,
        "requirements": content,
        "python": f"{sys.implementation.name} {platform.python_version()}",
        # The environment points to its base interpreter.
        "prefix": str(Path(sys.base_prefix).resolve()),
        "platform": [sysconfig.get_platform(), *platform.libc_ver()],
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
