"""Texts of the demonstration's synthetic auditors: plausible, and about nobody."""

from checklists.templates.scale import NOT_APPLICABLE, NOT_EVIDENCED

RATIONALES: dict[str, tuple[str, ...]] = {
    "outstanding": (
        "Direct work is recorded in the child's own words and the plan changed because of it.",
        "The manager questioned the explanation twice in supervision, and the worker checked it at home.",
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
        "The worker accepted the adults' explanations without checking them with other agencies.",
        "The plan names tasks rather than outcomes, and two reviews went by without a change.",
    ),
    "inadequate": (
        "There is no record of the child being seen alone in the period, and no plan to do so.",
        "Three contacts about the same concern were closed separately, and nobody looked for a pattern.",
        "The case notes record risk from the adult's behaviour. The plan does not mention it.",
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
# Of contacts with the service, in which nobody visits anybody.
OF_CONTACTS: dict[str, tuple[str, ...]] = {
    "outstanding": (
        "The screener rang the referrer and the parent the same morning, and noted what the child had said at school.",
    ),
    "good": (
        "The contact was read the same day and the decision says which history was looked at.",
        "The manager's reasons are two sentences long and fit the threshold.",
    ),
    "requires-improvement": (
        "Earlier contacts are listed, and the decision does not mention them.",
        "The referrer was told of the outcome after a week, when they rang to ask.",
    ),
    "inadequate": ("A contact about injuries waited over a weekend, and nobody was rung.",),
    NOT_EVIDENCED: ("The record of the contact has nothing on this.",),
    NOT_APPLICABLE: ("Nothing was left to do after the decision, so no help could follow.",),
}
IMPACTS: dict[str, tuple[str, ...]] = {
    "outstanding": ("The child has one worker they trust, and is safer at home than six months ago.",),
    "good": (
        "The child's school attendance and mood have both improved since the plan began.",
        "The child knows why professionals visit and has said what should change.",
    ),
    "requires-improvement": (
        "The child waited 10 weeks for help that had been agreed.",
        "The visits were spent on the adults' needs, and the file does not show the child's day.",
    ),
    "inadequate": ("The child stayed in the situation that was first reported for most of the period.",),
    NOT_EVIDENCED: ("The file does not show what this meant for the child.",),
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
    "The family knows what has to change, and explains it in its own words at reviews.",
)
WORRIES = (
    "The adults say that things are better, and nobody has checked this with the child.",
    "The plan has been extended twice, and the child's daily life has not changed.",
    "Each incident was looked at alone, so the cumulative harm is hard to see.",
)
NEEDS_TO_HAPPEN = (
    "The social worker sees the child alone within 10 working days and records the child's own view.",
    "The team manager brings the chronology to the next core group, and rewrites the plan from it.",
    "The chair asks each agency before the next review what should be different in 4 weeks.",
)
FEEDBACK = (
    "Your visits are well recorded. Next time, record what you think they mean for the child.",
    "You asked the difficult question early. It is not answered yet, so raise it in supervision again.",
    "The plan is clear and short. Add who does each task and by when, so that the family can check it.",
)
SYNOPSES = (
    (
        "The child lives with one parent and two younger children. School reported that the child was often hungry. "
        "A child in need plan was agreed, and a family support worker visits every week."
    ),
    (
        "Police were called to the home twice in six months after violence between the adults. The children were "
        "upstairs. The couple say that they have separated. A child protection plan began after the second call."
    ),
    (
        "The young person was found in another town with older people and would not say why. They have missed much of "
        "this school year. Two agencies are worried about exploitation, and the family does not agree."
    ),
    (
        "The parent has been in hospital for mental ill health twice this year. A grandparent cares for the child at "
        "those times. The health visitor asked for help with routines, food and sleep."
    ),
    (
        "The child moved to foster carers after an injury that nobody could explain. Contact with the parents is "
        "supervised. The court has asked for one more assessment of the parents."
    ),
    (
        "Early help began when a nursery saw that the child spoke little and was often collected late. The parents "
        "accepted some of the help. The case was stepped up when they stopped answering the door."
    ),
)
JUDGEMENTS: dict[str, tuple[str, ...]] = {
    "outstanding": ("The child is safer, says so, and the file shows which work made the difference.",),
    "good": (
        "The main risks were understood and acted on in time, and the plan was checked with the child.",
        "There are gaps in recording, but the child was seen often and the help was right.",
    ),
    "requires-improvement": (
        "The child was not left unsafe, but help came late and the plan changed little.",
        "Good single pieces of work were not joined up, so the child waited for help.",
    ),
    "inadequate": (
        "The risk was known, and nobody acted on it for most of the period.",
        "The child was seen so rarely that nobody could say that they were safe.",
    ),
    "cannot-be-judged": ("Most of the records for the period are missing, so I cannot judge the work as a whole.",),
}
WHY_SAFE = (
    "The child now lives with relatives, was seen alone there twice, and every agency agrees that they are safe.",
    "The adult who was the risk has left, a court order is in place, and the school sees the child every day.",
)
OBSTACLES = (
    "The case changed hands twice in the period, and each time a visit was missed.",
    "The service that was agreed had a waiting list of four months.",
    "The practitioner had more cases than the team's own limit for most of the period.",
)
FAMILY_WORDS = (
    "They said that the worker listens now, but that they had to tell their story again to every new person.",
    "They said that the plan was clear, and that the help with the school made the most difference.",
    "They said that meetings felt like an exam, and that nobody asked what they had already tried.",
    "They said that they were afraid at first and would now ask for help sooner.",
)
STRENGTHS = (
    "The worker checked what the adults said with the school and the health visitor before the next visit.",
    "The child's own drawings are on file, with what the child said about them and what was done.",
    "The manager asked in supervision what would change the team's mind, and recorded the answer.",
)
DEVELOPMENT = (
    "Join the separate incidents into one chronology, and say what they mean together.",
    "Record what each visit showed about the child's day, and not only that the visit took place.",
    "Give each step of the plan a date and say what happens if it is missed.",
)
