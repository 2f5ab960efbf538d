"""Tables of the Standard Safeguarding Dataset that give a case's status, by their names.

Columns: the specification of the dataset by Data to Insight (ssd-data-model). Teams and workers are those of the newest
involvement, since other tables name the worker of a single piece of work.
"""

from collections.abc import Mapping
from typing import Final

from api.case_lists.readers.cells.codes import Kind
from api.case_lists.readers.cells.headings import Field, Headings
from api.case_lists.readers.merging import Weight
from api.case_lists.readers.rows import Part
from checklists.cases import CaseStatus

TABLES: Final[Mapping[str, Part]] = {
    "ssd_person": Part(
        "Person",
        {
            Field.CHILD: ("pers_person_id",),
            Field.BORN: ("pers_dob",),
            Field.EXPECTED: ("pers_expected_dob",),
        },
        Weight.FACT,
    ),
    "ssd_early_help_episodes": Part(
        "Early help episodes",
        {
            Field.CHILD: ("earl_person_id",),
            Field.STARTED: ("earl_episode_start_date",),
            Field.CLOSED: ("earl_episode_end_date",),
            Field.WORKER: ("earl_episode_worker_id",),
        },
        Weight.STATE,
        CaseStatus.EARLY_HELP,
        (Field.CHILD, Field.CLOSED),
    ),
    "ssd_cin_episodes": Part(
        "Children in need episodes",
        {
            Field.CHILD: ("cine_person_id",),
            Field.STARTED: ("cine_referral_date",),
            Field.CLOSED: ("cine_close_date",),
            Field.CATEGORY: ("cine_cin_primary_need_code",),
            Field.REFERRED: ("cine_referral_date",),
        },
        Weight.STATE,
        CaseStatus.CHILD_IN_NEED,
        (Field.CHILD, Field.CLOSED),
    ),
    "ssd_cp_plans": Part(
        "Child protection plans",
        {
            Field.CHILD: ("cppl_person_id",),
            Field.STARTED: ("cppl_cp_plan_start_date",),
            Field.CLOSED: ("cppl_cp_plan_end_date",),
            Field.CATEGORY: ("cppl_cp_plan_latest_category", "cppl_cp_plan_initial_category"),
        },
        Weight.STATE,
        CaseStatus.CHILD_PROTECTION_PLAN,
        (Field.CHILD, Field.CLOSED),
    ),
    "ssd_cla_episodes": Part(
        "Episodes of being looked after",
        {
            Field.CHILD: ("clae_person_id",),
            Field.STARTED: ("clae_cla_episode_start_date",),
            Field.CLOSED: ("clae_cla_episode_ceased", "clae_cla_episode_ceased_date"),
            Field.CATEGORY: ("clae_cla_primary_need_code",),
        },
        Weight.STATE,
        CaseStatus.CHILD_LOOKED_AFTER,
        (Field.CHILD, Field.CLOSED),
    ),
    "ssd_care_leavers": Part(
        "Care leavers",
        {
            Field.CHILD: ("clea_person_id",),
            Field.STATUS: ("clea_care_leaver_eligibility",),
            Field.TEAM: ("clea_care_leaver_allocated_team",),
            Field.WORKER: ("clea_care_leaver_worker_id", "clea_care_leaver_personal_advisor"),
        },
        Weight.STATE,
        CaseStatus.CARE_LEAVER,
        words=Kind.ELIGIBILITY,
    ),
    "ssd_involvements": Part(
        "Involvements",
        {
            Field.CHILD: ("invo_person_id",),
            Field.TEAM: ("invo_professional_team",),
            Field.WORKER: ("invo_professional_id",),
            Field.STARTED: ("invo_involvement_start_date",),
            Field.CLOSED: ("invo_involvement_end_date",),
        },
        Weight.FACT,
    ),
}


def part_of(headings: Headings) -> Part | None:
    """The table with these headings; None when no table that is read has them."""
    return next((part for part in TABLES.values() if headings.holds(part.headings[Field.CHILD][0])), None)
