"""How a machine's GPUs reach each other.

Revision ID: 0030
Revises: 0027
"""

from qubix_platform.database.migrations.script import run_script

revision = "0030"
down_revision = "0027"
branch_labels = None
depends_on = None

# None where there are no two cards, or nobody has looked yet.
_INTERCONNECT = """
alter table providers add column interconnect text
    constraint providers_interconnect_check check (interconnect in ('pcie', 'nvlink'));
"""


def upgrade() -> None:
    run_script(_INTERCONNECT)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
