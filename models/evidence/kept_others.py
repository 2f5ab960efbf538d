"""What is kept of templates, rounds, samples, snapshots, briefings, people, teams and tokens."""

from typing import Final

from models.evidence.kept import Part, Record, Rows, kinds, words

_PUBLISHED: Final = frozenset({"published", "retired"})

TEMPLATE_VERSION: Final = Record(
    "template-version",
    "version of a template",
    "template_version",
    "template_id",
    number="number",
    state="state",
    parts=(
        Part(
            "content",
            "content and standard",
            (Rows("template_version", "template_id", words("title document created_at published_at")),),
            kinds("published", "template"),
            _PUBLISHED,
            _PUBLISHED,
        ),
        Part(
            "state",
            "state",
            (Rows("template_version", "template_id", words("state retired_at")),),
            kinds("published retired", "template"),
            _PUBLISHED,
            _PUBLISHED,
        ),
    ),
)

TEMPLATE: Final = Record(
    "template",
    "template",
    "template",
    "id",
    parts=(
        Part("key", "key", (Rows("template", "id", words("key created_at")),), kinds("made", "template"), None, None),
        Part(
            "places",
            "own places",
            (Rows("own_place", "template_id", words("theme words changed_at")),),
            kinds("own-place-written", "template"),
            None,
        ),
    ),
    # Without any other version, the template goes with its draft.
    gone_by=kinds("draft-discarded", "template"),
)

ROUND: Final = Record(
    "round",
    "round",
    "round",
    "id",
    state="state",
    parts=(
        Part(
            "plan",
            "template, period and targets",
            (
                Rows(
                    "round",
                    "id",
                    words(
                        "title template_id template_version period_from period_to read_from due_on target_percent"
                        " lowest_percent minimum_applicable follows_id scope created_at"
                    ),
                ),
            ),
            kinds("made changed", "round"),
            None,
            None,
            form=2,
        ),
        Part(
            "state",
            "state and unfinished work",
            (Rows("round", "id", words("state opened_at closed_at unfinished closing_reason")),),
            kinds("made opened closed", "round"),
            None,
            None,
        ),
        Part(
            "tallies",
            "stored counts",
            (Rows("round_tally", "round_id", words("breakdown counts")),),
            kinds("closed", "round"),
            frozenset({"closed"}),
            frozenset({"closed"}),
        ),
        Part(
            "rule",
            "moderation rule",
            (Rows("moderation_rule", "round_id", words("seed share_percent lowest first_audits")),),
            kinds("moderation-rule-set", "round"),
            None,
        ),
        Part(
            "follow-up-rule",
            "rule for follow-ups",
            (
                Rows(
                    "follow_up_rule",
                    "round_id",
                    words("overall themes contact_id contact_post notify_within moderator_role weeks"),
                ),
            ),
            kinds("follow-up-rule-set", "round"),
            None,
        ),
        Part(
            "exemptions",
            "exemptions",
            (Rows("exemption", "round_id", words("person_id reason made_at")),),
            kinds("person-exempted exemption-ended", "round"),
            None,
        ),
    ),
)

SAMPLE: Final = Record(
    "sample",
    "sample",
    "sample",
    "id",
    parts=(
        Part(
            "draw",
            "rules and seed of the draw",
            (
                Rows(
                    "sample",
                    "id",
                    words(
                        "round_id case_list_id seed method frame_hash frame_size size share_percent strata rule"
                        " smallest_stratum most_of_a_worker months_since_audit closed_before with_closed only_statuses"
                        " only_teams only_age_bands only_categories only_involving least_months_open most_months_open"
                        " re_referral drawn_on drawn_at"
                    ),
                ),
            ),
            kinds("drawn", "sample"),
            None,
            None,
            form=2,
        ),
        # A part of its own: what was said of samples before can still be compared.
        Part(
            "joint-round",
            "joint audit",
            (Rows("sample", "id", ("joint_round_id",)),),
            kinds("drawn", "sample"),
            None,
            None,
            generation=5,
        ),
        Part(
            "excluded",
            "elimination log",
            (Rows("sample_exclusion", "sample_id", words("case_file_id reason words")),),
            kinds("drawn case-erased", "sample"),
            None,
            None,
        ),
        Part(
            "cases",
            "drawn cases",
            (
                Rows(
                    "sampled_case",
                    "sample_id",
                    words("case_file_id stratum place probability state reason stands_for_id"),
                ),
            ),
            kinds("drawn case-replaced case-erased", "sample"),
            None,
            None,
        ),
    ),
)

SNAPSHOT: Final = Record(
    "snapshot",
    "snapshot",
    "snapshot",
    "id",
    parts=(
        Part(
            "content",
            "content and thresholds",
            (
                Rows(
                    "snapshot",
                    "id",
                    words("round_id title made_at made_by_id smallest within rounding small_gap content"),
                ),
            ),
            kinds("made", "snapshot"),
            None,
            None,
        ),
        Part(
            "audits",
            "counted audits and their altered copy",
            (Rows("snapshot_audit", "snapshot_id", words("audit_id bands answers copied")),),
            kinds("made case-erased", "snapshot"),
            None,
            None,
        ),
        Part(
            "published",
            "publication",
            (Rows("snapshot", "id", ("published_at",)),),
            kinds("made published", "snapshot"),
            None,
            None,
        ),
    ),
)

BRIEFING: Final = Record(
    "briefing",
    "briefing",
    "briefing",
    "id",
    parts=(
        Part(
            "text",
            "text",
            (Rows("briefing", "id", words("snapshot_id title made_at words")),),
            kinds("made changed", "briefing"),
            None,
            None,
        ),
    ),
)

PERSON: Final = Record(
    "person",
    "person",
    "person",
    "id",
    parts=(
        Part(
            "sign-in",
            "address and whether they may sign in",
            (Rows("person", "id", words("email active created_at")),),
            kinds("invited changed", "person"),
            None,
            None,
        ),
        Part(
            "name",
            "name",
            (Rows("person", "id", ("name",)),),
            kinds("invited changed account-changed", "person"),
            None,
            None,
        ),
        Part(
            "roles",
            "roles",
            (Rows("role_grant", "person_id", ("role",)),),
            kinds("invited changed access-confirmed roles-of-groups", "person"),
            None,
            None,
        ),
        Part(
            "password",
            "password",
            (Rows("person", "id", ("password_hash",)),),
            kinds("invited password-chosen password-changed", "person"),
            None,
            None,
        ),
        Part(
            "access",
            "access requests",
            (
                Rows(
                    "access_request",
                    "person_id",
                    words("id kind roles link_hash asked_by_id asked_at decided_by_id decided_at confirmed"),
                ),
            ),
            kinds("access-waits access-confirmed access-declined", "person"),
            None,
            generation=2,
            empty_at_first=True,
        ),
        Part(
            "duties",
            "teams, limit and absences",
            (
                Rows("person", "id", words("worker most_audits")),
                Rows("team_member", "person_id", ("team_id",)),
                Rows("absence", "person_id", words("id first_day last_day")),
            ),
            kinds("invited duties-changed", "person"),
            None,
            None,
        ),
    ),
)

TOKEN: Final = Record(
    "token",
    "token",
    "token",
    "id",
    parts=(
        Part(
            "grant",
            "owner, scopes and secret",
            (
                Rows(
                    "token",
                    "id",
                    words("secret_hash name person_id scopes created_by_id created_at expires_at"),
                ),
            ),
            kinds("made", "token"),
            None,
            None,
        ),
        Part("end", "end", (Rows("token", "id", ("revoked_at",)),), kinds("revoked", "token"), None),
    ),
)

TEAM: Final = Record(
    "team",
    "team",
    "team",
    "id",
    parts=(
        Part(
            "team",
            "name",
            (Rows("team", "id", words("name active")),),
            kinds("made renamed retired restored", "team"),
            None,
            None,
        ),
    ),
)

OTHER_RECORDS: Final = (
    TEMPLATE_VERSION,
    TEMPLATE,
    ROUND,
    SAMPLE,
    SNAPSHOT,
    BRIEFING,
    PERSON,
    TOKEN,
    TEAM,
)
