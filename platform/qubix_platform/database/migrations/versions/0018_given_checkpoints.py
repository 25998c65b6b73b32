"""Checkpoints that a job was given when it was created.

Revision ID: 0018
Revises: 0017
"""

from qubix_platform.database.migrations.script import run_script

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# Such a checkpoint is of no attempt of the job: it counts as of attempt 0, before the first.
_GIVEN = """
alter table checkpoints
    alter column attempt_id drop not null,
    drop constraint checkpoints_attempt_check,
    add constraint checkpoints_attempt_or_given check ((attempt = 0 and attempt_id is null) or attempt > 0);
create unique index checkpoints_given on checkpoints (job_id) where attempt = 0;
"""


def upgrade() -> None:
    run_script(_GIVEN)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
