"""Tables of case lists, samples and allocation, and what a case file and a person are known by there.

Revision: case_lists, after reports_that_leave

The new columns are added in place: no table is rebuilt or locked for long, and the running version does without them.
"""

import sqlalchemy as sa
from alembic import op

revision = "case_lists"
down_revision = "reports_that_leave"
branch_labels = None
depends_on = None

CATEGORIES = (
    "neglect",
    "physical-abuse",
    "sexual-abuse",
    "emotional-abuse",
    "multiple",
    "abuse-or-neglect",
    "childs-disability",
    "parental-illness-or-disability",
    "family-in-acute-stress",
    "family-dysfunction",
    "socially-unacceptable-behaviour",
    "low-income",
    "absent-parenting",
    "other-than-need",
    "not-stated",
)


def upgrade() -> None:
    op.create_table(
        "case_list",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("listed_on", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("cases > 0 AND made >= 0 AND made <= cases", name=op.f("ck_case_list_counts_up")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_case_list_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_case_list")),
        sa.UniqueConstraint("digest", "organisation_id", name=op.f("uq_case_list_digest_organisation_id")),
    )
    with op.batch_alter_table("case_list", schema=None) as batch_op:
        batch_op.create_index("ix_case_list_taken", ["organisation_id", "taken_at"], unique=False)

    op.create_table(
        "absence",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_absence_absence_runs_forward")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_absence_organisation_id_person_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_absence")),
    )
    op.create_table(
        "team_member",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_team_member_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["team.organisation_id", "team.id"],
            name=op.f("fk_team_member_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "person_id", "team_id", name=op.f("pk_team_member")),
    )
    op.create_table(
        "reading_choice",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("answer", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_reading_choice_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "key", name=op.f("pk_reading_choice")),
    )
    op.create_table(
        "case_list_entry",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("case_list_id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=32), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "early-help",
                "child-in-need",
                "child-protection-plan",
                "child-looked-after",
                "care-leaver",
                "closed",
                name="status",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "age_band",
            sa.Enum(
                "unborn",
                "under-1",
                "1-to-4",
                "5-to-9",
                "10-to-15",
                "16-to-17",
                "18-and-over",
                "not-known",
                name="age_band",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "category",
            sa.Enum(*CATEGORIES, name="category", native_enum=False, create_constraint=True, length=40),
            nullable=True,
        ),
        sa.Column("worker", sa.String(length=32), nullable=False),
        sa.Column("started_in", sa.Date(), nullable=True),
        sa.Column("closed_in", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_file_id"],
            ["case_file.organisation_id", "case_file.id"],
            name=op.f("fk_case_list_entry_organisation_id_case_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_list_id"],
            ["case_list.organisation_id", "case_list.id"],
            name=op.f("fk_case_list_entry_organisation_id_case_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "team_id"],
            ["team.organisation_id", "team.id"],
            name=op.f("fk_case_list_entry_organisation_id_team_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "case_list_id", "case_file_id", name=op.f("pk_case_list_entry")),
    )
    op.create_table(
        "exemption",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_exemption_exemption_has_a_reason")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_exemption_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_exemption_organisation_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "person_id", name=op.f("pk_exemption")),
    )
    op.create_table(
        "reminder",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("due-soon", "overdue", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "person_id"],
            ["person.organisation_id", "person.id"],
            name=op.f("fk_reminder_organisation_id_person_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_reminder_organisation_id_round_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "round_id", "person_id", "kind", name=op.f("pk_reminder")),
    )
    op.create_table(
        "sample",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("case_list_id", sa.Uuid(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("frame_hash", sa.String(length=64), nullable=False),
        sa.Column("frame_size", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("share_percent", sa.Float(), nullable=True),
        sa.Column("strata", sa.String(length=80), nullable=False),
        sa.Column(
            "rule",
            sa.Enum("proportional", "equal", name="rule", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("smallest_stratum", sa.Integer(), nullable=False),
        sa.Column("most_of_a_worker", sa.Integer(), nullable=True),
        sa.Column("months_since_audit", sa.Integer(), nullable=False),
        sa.Column("closed_before", sa.Date(), nullable=True),
        sa.Column("with_closed", sa.Boolean(), nullable=False),
        sa.Column("only_statuses", sa.Text(), nullable=False),
        sa.Column("only_teams", sa.Text(), nullable=False),
        sa.Column("drawn_on", sa.Date(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("months_since_audit >= 0", name=op.f("ck_sample_months_count_up")),
        sa.CheckConstraint("most_of_a_worker > 0", name=op.f("ck_sample_most_of_a_worker_is_positive")),
        sa.CheckConstraint("share_percent > 0 AND share_percent <= 100", name=op.f("ck_sample_share_is_a_percentage")),
        sa.CheckConstraint("size > 0 AND size <= frame_size", name=op.f("ck_sample_size_fits_the_frame")),
        sa.CheckConstraint("smallest_stratum >= 0", name=op.f("ck_sample_smallest_stratum_counts_up")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_list_id"],
            ["case_list.organisation_id", "case_list.id"],
            name=op.f("fk_sample_organisation_id_case_list_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "round_id"],
            ["round.organisation_id", "round.id"],
            name=op.f("fk_sample_organisation_id_round_id"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_sample_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", "id", name=op.f("pk_sample")),
    )
    with op.batch_alter_table("sample", schema=None) as batch_op:
        batch_op.create_index("ix_sample_round", ["round_id", "organisation_id"], unique=False)

    op.create_table(
        "sample_exclusion",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "in-this-round",
                "named",
                "closed",
                "closed-before",
                "outside-the-choice",
                "audited-lately",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_file_id"],
            ["case_file.organisation_id", "case_file.id"],
            name=op.f("fk_sample_exclusion_organisation_id_case_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "sample_id"],
            ["sample.organisation_id", "sample.id"],
            name=op.f("fk_sample_exclusion_organisation_id_sample_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "sample_id", "case_file_id", name=op.f("pk_sample_exclusion")),
    )
    op.create_table(
        "sampled_case",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("stratum", sa.String(length=240), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column(
            "state",
            sa.Enum("selected", "replaced", name="state", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("stands_for_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'replaced') = (reason <> '')", name=op.f("ck_sampled_case_replaced_has_a_reason")),
        sa.CheckConstraint("place > 0", name=op.f("ck_sampled_case_place_counts_up")),
        sa.CheckConstraint("probability > 0 AND probability <= 1", name=op.f("ck_sampled_case_probability_is_one")),
        sa.ForeignKeyConstraint(
            ["organisation_id", "case_file_id"],
            ["case_file.organisation_id", "case_file.id"],
            name=op.f("fk_sampled_case_organisation_id_case_file_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "sample_id"],
            ["sample.organisation_id", "sample.id"],
            name=op.f("fk_sampled_case_organisation_id_sample_id"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id", "stands_for_id"],
            ["case_file.organisation_id", "case_file.id"],
            name=op.f("fk_sampled_case_organisation_id_stands_for_id"),
        ),
        sa.PrimaryKeyConstraint("organisation_id", "sample_id", "case_file_id", name=op.f("pk_sampled_case")),
    )
    with op.batch_alter_table("sampled_case", schema=None) as batch_op:
        batch_op.create_index("ix_sampled_case_case_file", ["case_file_id", "organisation_id"], unique=False)

    op.execute(
        "ALTER TABLE case_file ADD COLUMN category VARCHAR(40) CONSTRAINT ck_case_file_category CHECK (category IN ("
        + ", ".join(f"'{word}'" for word in CATEGORIES)
        + "))"
    )
    op.execute("ALTER TABLE case_file ADD COLUMN worker VARCHAR(32) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE case_file ADD COLUMN started_in DATE")
    op.execute("ALTER TABLE case_file ADD COLUMN closed_in DATE")
    op.execute("ALTER TABLE case_file ADD COLUMN key_id VARCHAR(16) DEFAULT '' NOT NULL")
    op.execute("ALTER TABLE person ADD COLUMN worker VARCHAR(32) DEFAULT '' NOT NULL")
    op.execute(
        "ALTER TABLE person ADD COLUMN most_audits INTEGER"
        " CONSTRAINT ck_person_most_audits_counts_up CHECK (most_audits >= 0)"
    )


def downgrade() -> None:
    for column in ("most_audits", "worker"):
        op.execute(f"ALTER TABLE person DROP COLUMN {column}")
    for column in ("key_id", "closed_in", "started_in", "worker", "category"):
        op.execute(f"ALTER TABLE case_file DROP COLUMN {column}")
    with op.batch_alter_table("sampled_case", schema=None) as batch_op:
        batch_op.drop_index("ix_sampled_case_case_file")

    op.drop_table("sampled_case")
    op.drop_table("sample_exclusion")
    with op.batch_alter_table("sample", schema=None) as batch_op:
        batch_op.drop_index("ix_sample_round")

    op.drop_table("sample")
    op.drop_table("reminder")
    op.drop_table("exemption")
    op.drop_table("reading_choice")
    op.drop_table("case_list_entry")
    op.drop_table("team_member")
    op.drop_table("absence")
    with op.batch_alter_table("case_list", schema=None) as batch_op:
        batch_op.drop_index("ix_case_list_taken")

    op.drop_table("case_list")
