"""Recorded passes that name what they have in common with another one.

Revision ID: 0010
Revises: 0009
"""

from qubix_platform.database.migrations.script import run_script

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# base_id is the pass, stored whole, that this one was shortened by; null where it is whole itself.
_PASSES = """
alter table scheduler_passes add column base_id bigint references scheduler_passes;
create index scheduler_passes_base on scheduler_passes (base_id) where base_id is not null;
"""


def upgrade() -> None:
    run_script(_PASSES)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
