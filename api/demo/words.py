"""Texts of the demonstration's synthetic auditors: plausible, and about nobody."""

from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED

RATIONALES: dict[str, tuple[str, ...]] = {
    "outstanding": (
        "Direct work is recorded in the child's own words and the plan changed because of it.",
        "Supervision tested the hypothesis twice and the worker went back to check it at home.",
        "The chronology is analysed, and each agency's part in the plan is clear and dated.",
    ),
    "good": (
        "The assessment is clear about what is happening for the child and the plan follows from it.",
        "Visits are at the planned interval and the child was seen alone on most of them.",
        "Management oversight is visible at each decision, with reasons.",
    ),
    "requires-improvement": (
        "The child was seen, but what they said is summarised for them and does not shape the plan.",
        "History is listed and not analysed, so earlier concerns look like separate incidents.",
        "Explanations by the adults are accepted without being checked with other agencies.",
        "The plan names tasks rather than outcomes, and two reviews went by without a change.",
    ),
    "inadequate": (
        "There is no record of the child being seen alone in the period, and no plan to do so.",
        "Three contacts with the same concern were closed separately with no thought of the pattern.",
        "Risk from the adult's behaviour is noted in the case notes and absent from the plan.",
    ),
    NOT_EVIDENCED: (
        "Case notes, assessment and supervision records read for the period: nothing on this theme.",
        "The worker may have done this, but nothing on file shows it.",
    ),
    NOT_APPLICABLE: (
        "Nothing in the history, the referral or the contacts of the period points to this theme.",
        "The child's age and circumstances put this theme outside the period under review.",
    ),
}
IMPACTS: dict[str, tuple[str, ...]] = {
    "outstanding": ("The child has one worker they trust, and is safer at home than six months ago.",),
    "good": (
        "The child's school attendance and mood have both improved since the plan began.",
        "The child knows why professionals visit and has said what should change.",
    ),
    "requires-improvement": (
        "The child waited ten weeks for help that had been agreed.",
        "The adults' needs took up the visits; the child's day is hard to picture from the file.",
    ),
    "inadequate": ("The child stayed in the situation that was first reported for most of the period.",),
    NOT_EVIDENCED: ("It cannot be told from the file what this meant for the child.",),
    NOT_APPLICABLE: ("",),
}
PLACES = (
    "Assessment, section on parenting capacity",
    "Case notes, spring visits",
    "Supervision record, second of the period",
    "Core group minutes",
    "Chronology, last twelve months",
    "Child protection conference minutes",
)
WORKS_WELL = (
    "The social worker sees the child often, alone, and in places that the child chooses.",
    "School, health visitor and social worker share what they know, and act on the same plan.",
    "The family knows what has to change, and says so in its own words at reviews.",
)
WORRIES = (
    "The adults tell a hopeful story, and nobody has checked it against what the child says.",
    "The plan has been extended twice, and what daily life is like for the child has not changed.",
    "Each incident was looked at alone, so that the harm that adds up is hard to see.",
)
NEEDS_TO_HAPPEN = (
    "The social worker sees the child alone within ten working days and records the child's own view.",
    "The team manager brings the chronology to the next core group, and the plan is written anew from it.",
    "The chair asks each agency before the next review what would have to be different in four weeks.",
)
FEEDBACK = (
    "Your visits are well recorded. Say next time what you think they mean for the child.",
    "You asked the hard question early. Bring it back to supervision, because it is not answered yet.",
    "The plan is clear and short. Add who does what by when, so that the family can hold us to it.",
)
