"""Who asked for a challenge, so that nobody asks for too many.

Revision ID: 0014
Revises: 0013
"""

from qubix_platform.database.migrations.script import run_script

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_CLIENT = """
alter table wallet_challenges add column client text;
create index wallet_challenges_client on wallet_challenges (client, issued_at desc) where client is not null;
"""


def upgrade() -> None:
    run_script(_CLIENT)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore a backup to go back")
