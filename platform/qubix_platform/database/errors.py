"""What can stand between QUBIX and its database.

QubixError
├── DatabaseUnavailable      500  the database did not answer, and trying again did not help
│   └── CommitOutcomeUnknown 500  the connection broke while committing
├── DatabaseMisconfigured    500  address, roles or version do not fit
│   ├── DatabaseTooNew       500  migrated by a later QUBIX than this one
│   └── DatabaseTooOld       500  not yet migrated to what this QUBIX needs
└── EmbeddedServerError      500  the embedded server cannot be started or stopped
"""

from qubix.errors import QubixError


class DatabaseUnavailable(QubixError):
    """The database did not answer, and trying again did not help."""

    status = 500
    code = "database_unavailable"


class CommitOutcomeUnknown(DatabaseUnavailable):
    """The connection broke while committing: the change may or may not have been made.

    Safe to repeat only with the same idempotency key.
    """

    code = "commit_outcome_unknown"


class DatabaseMisconfigured(QubixError):
    """The database answers, but its address, roles or version do not fit."""

    status = 500
    code = "database_misconfigured"


class DatabaseTooNew(DatabaseMisconfigured):
    """The database was migrated by a later QUBIX than this one."""

    code = "database_too_new"


class DatabaseTooOld(DatabaseMisconfigured):
    """The database has not been migrated to what this QUBIX needs."""

    code = "database_too_old"


class EmbeddedServerError(QubixError):
    """The embedded PostgreSQL server cannot be started, reached or stopped."""

    status = 500
    code = "embedded_server"
