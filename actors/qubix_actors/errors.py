"""What can go wrong between the scheduler and the nodes.

QubixError
└── Unavailable
    ├── SettingMissing   503  the core node's environment lacks a setting
    ├── RunnerLost       503  a node's runner, or what it ran, is known to have died
    └── RunnerSilent     503  a node's runner gave no answer; it may be alive
"""

from qubix.errors import Unavailable


class SettingMissing(Unavailable):
    """A setting without which the scheduler cannot run is not in the environment."""

    code = "setting_missing"


class RunnerLost(Unavailable):
    """A node's runner, or what it ran, is known to have died: the attempt will never report again."""

    code = "runner_lost"


class RunnerSilent(Unavailable):
    """A node's runner gave no answer. Unknown is not dead: the attempt's lease decides."""

    code = "runner_silent"
