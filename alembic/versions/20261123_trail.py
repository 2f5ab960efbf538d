"""The trail is chained: events are numbered and hashed, never change, and are signed in checkpoints.

Revision: trail, after case_lists

Events that were recorded before are chained in the order in which they were recorded.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "trail"
down_revision = "case_lists"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT_ONCE = 1000
NEVER_CHANGE = ("event", "checkpoint")


def upgrade() -> None:
    _make_way()
    op.create_table(
        "event",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        *_columns(),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_event_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=op.f("pk_event")),
    )
    op.create_table(
        "trail",
        sa.Column("organisation_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("length", NUMBER, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_trail_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_trail")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("signed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_checkpoint_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "number", name=op.f("pk_checkpoint")),
    )
    _chain()
    op.drop_table("event_before")
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index("ix_event_subject", ["organisation_id", "subject_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    connection = op.get_bind()
    is_postgresql = connection.dialect.name == "postgresql"
    _make_way()
    op.create_table(
        "event",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        *_columns(),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_event_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.execute(
        "INSERT INTO event (organisation_id, at, kind, subject_id, person_id, token_id, details)"
        " SELECT organisation_id, at, kind, subject_id, person_id, token_id, details"
        " FROM event_before ORDER BY at, organisation_id, number"
    )
    for table in ("event_before", "trail", "checkpoint"):
        op.drop_table(table)
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix_event_subject", ["organisation_id", "subject_id"], unique=False)
    if is_postgresql:
        op.execute("DROP FUNCTION append_events")
        op.execute("DROP FUNCTION keep_the_trail")


def _make_way() -> None:
    """Put the table of events aside, with the names that its successor takes."""
    connection = op.get_bind()
    for index in sa.inspect(connection).get_indexes("event"):
        op.drop_index(str(index["name"]), table_name="event")
    op.rename_table("event", "event_before")
    if connection.dialect.name == "postgresql":
        op.execute("ALTER TABLE event_before RENAME CONSTRAINT pk_event TO pk_event_before")


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("token_id", sa.Uuid(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
    ]


def _chain() -> None:
    connection = op.get_bind()
    event = sa.table("event", sa.column("organisation_id"), sa.column("number"), sa.column("hash"), *_columns())
    trail = sa.table("trail", sa.column("organisation_id"), sa.column("length"), sa.column("hash"))
    for organisation_id in connection.execute(sa.text("SELECT id FROM organisation ORDER BY id")).scalars().all():
        length, previous, rows = 0, "0" * 64, []
        for row in _recorded(organisation_id):
            length += 1
            previous = _link(previous, organisation_id, length, row)
            rows.append({**row, "number": length, "hash": previous})
            if len(rows) == AT_ONCE:
                connection.execute(sa.insert(event), rows)
                rows = []
        if rows:
            connection.execute(sa.insert(event), rows)
        connection.execute(sa.insert(trail), [{"organisation_id": organisation_id, "length": length, "hash": previous}])


def _recorded(organisation_id: int) -> Iterator[dict[str, Any]]:
    """The organisation's events in the order in which they were recorded, a thousand at a time."""
    before = sa.table("event_before", sa.column("id"), sa.column("organisation_id"), *_columns())
    last = -1
    while True:
        rows = (
            op.get_bind()
            .execute(
                sa.select(before)
                .where(before.c.organisation_id == organisation_id, before.c.id > last)
                .order_by(before.c.id)
                .limit(AT_ONCE)
            )
            .mappings()
            .all()
        )
        if not rows:
            return
        for row in rows:
            yield {name: value for name, value in row.items() if name != "id"}
        last = rows[-1]["id"]


def _link(previous: str, organisation_id: int, number: int, row: dict[str, Any]) -> str:
    """The form "caseaudit-event/1", written out here because it must never change."""
    at = row["at"].strftime("%Y-%m-%d %H:%M:%S.%f")
    identifiers = [None if row[name] is None else row[name].hex for name in ("subject_id", "person_id", "token_id")]
    form = ["caseaudit-event/1", previous, organisation_id, number, at, row["kind"], *identifiers, row["details"]]
    return sha256(json.dumps(form, separators=(",", ":")).encode()).hexdigest()


# Takes what events say and the end of the canonical form of each: numbers, hashes and inserts them, in one trip.
APPEND = """
CREATE FUNCTION append_events(own integer, said json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    last trail%ROWTYPE;
    each record;
BEGIN
    SELECT * INTO last FROM trail WHERE organisation_id = own FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO trail VALUES (own, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
        SELECT * INTO last FROM trail WHERE organisation_id = own FOR UPDATE;
    END IF;
    FOR each IN SELECT * FROM json_to_recordset(said) AS row(
        at timestamptz, kind text, subject_id uuid, person_id uuid, token_id uuid, details text, form text
    ) LOOP
        last.length := last.length + 1;
        last.hash := encode(sha256(convert_to(
            '["caseaudit-event/1","' || last.hash || '",' || own || ',' || last.length || ',' || each.form, 'UTF8'
        )), 'hex');
        INSERT INTO event VALUES (
            own, last.length,
            each.at, each.kind, each.subject_id, each.person_id, each.token_id, each.details,
            last.hash
        );
    END LOOP;
    UPDATE trail SET length = last.length, hash = last.hash WHERE organisation_id = own;
END $$
"""


def _guard_sqlite() -> None:
    for table in NEVER_CHANGE:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table}"
                " BEGIN SELECT RAISE(ABORT, 'the trail is only ever added to'); END"
            )
    op.execute(
        "CREATE TRIGGER trail_refuses_delete BEFORE DELETE ON trail"
        " BEGIN SELECT RAISE(ABORT, 'the trail is only ever added to'); END"
    )
    op.execute(
        "CREATE TRIGGER trail_only_grows BEFORE UPDATE ON trail"
        " WHEN NEW.length <= OLD.length OR NEW.organisation_id <> OLD.organisation_id"
        " BEGIN SELECT RAISE(ABORT, 'the trail is only ever added to'); END"
    )


def _guard_postgresql() -> None:
    op.execute(APPEND)
    op.execute(
        "CREATE FUNCTION keep_the_trail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'the trail is only ever added to' USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in NEVER_CHANGE:
        op.execute(
            f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_the_trail()"
        )
    op.execute(
        "CREATE TRIGGER trail_is_kept BEFORE DELETE OR TRUNCATE ON trail"
        " FOR EACH STATEMENT EXECUTE FUNCTION keep_the_trail()"
    )
    op.execute(
        "CREATE TRIGGER trail_only_grows BEFORE UPDATE ON trail FOR EACH ROW"
        " WHEN (NEW.length <= OLD.length OR NEW.organisation_id <> OLD.organisation_id)"
        " EXECUTE FUNCTION keep_the_trail()"
    )
