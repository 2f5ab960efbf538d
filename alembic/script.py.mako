"""${message}

Revision: ${up_revision}, after ${down_revision | comma,n}

Before this goes out: does it hold a lock on a big table, does it rewrite one, and does the running version of the
service still work while it is being applied? On SQLite a table is rebuilt: check that its CHECKs and partial
indexes are still there.
"""

import sqlalchemy as sa
${imports if imports else ""}
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
