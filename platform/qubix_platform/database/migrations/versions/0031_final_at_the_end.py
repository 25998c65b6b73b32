"""What attempts were paid on their way is pending until they end: a checkpoint alone makes none of it final.

Revision ID: 0031
Revises: 0030
"""

from qubix_platform.database.migrations.script import run_script

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

# What was made final before stays so: it counts as if it had been gone on from.
_FINAL = """
update attempts set resumed_seconds = greatest(resumed_seconds, final_seconds)
 where final_seconds > 0
   and (ended_at is null or cause in ('PROVIDER_LOST', 'OVERHEATED', 'PLATFORM_ERROR', 'PEER_LOST'));
alter table attempts drop column final_seconds;
"""


def upgrade() -> None:
    run_script(_FINAL)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
