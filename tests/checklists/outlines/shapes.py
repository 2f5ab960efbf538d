"""Made-up documents of usual shapes, each with what a person would mark: the tree, the harms and the advice."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """A document and its tree: the themes of each learning domain, forms of harm, and how many recommendations."""

    text: str
    tree: dict[str, list[str]]
    harms: tuple[str, ...] = ()
    recommendations: int = 0


SEVEN_MINUTES = Shape(
    """# Seven minute briefing: themes from reviews

1. **Background**: reviews are held when a child has died or was seriously
   harmed; thirteen of them are brought together here.
2. **Forms of harm** in these reviews: Neglect · Domestic abuse including
   coercive control · Engaging challenging families · Sexual abuse · Parental mental health ·
   Parental substance misuse · Cumulative harm · Adolescent vulnerability. Some children met several.
3. **Children's experience** (learning domain)
   - *Children's lived experience*: nobody asked what a day at home was like.
   - *Neglect*: it was not treated as urgent.
   - *Child sexual abuse*: workers waited for the child to tell.
   - *Cumulative harm*: each event was seen alone, although together
     they would have shown a pattern.
   - *Adolescent vulnerability*: history was seldom known.
4. **Practice issues** (learning domain)
   - *Professional curiosity*: explanations were accepted too easily.
   - *Authoritative practice*: power should be used with care and not avoided.
   - *Multiple referrals and re-referrals*: thresholds were not met time after time.
   - *Assessment and planning*: plans must say what will be different.
   - *Escalation and professional dissent*: disagreement needs to be settled in days.
5. **Parental factors** (learning domain)
   - *Parental capacity*: good enough once is not good enough always.
   - *Domestic abuse*: seven reviews describe control.
   - *Disguised compliance*: what looks like agreement may be none.
   - *Parental mental health*: the most frequent of all.
   - *Avoidance and resistance*: what drives hostility has to be understood.
6. **What to do**: read this with your team; bring it to supervision; reflect on your own cases.
7. **Think about**: which of these do you see? what would help you?
""",
    {
        "Children's experience": [
            "Children's lived experience",
            "Neglect",
            "Child sexual abuse",
            "Cumulative harm",
            "Adolescent vulnerability",
        ],
        "Practice issues": [
            "Professional curiosity",
            "Authoritative practice",
            "Multiple referrals and re-referrals",
            "Assessment and planning",
            "Escalation and professional dissent",
        ],
        "Parental factors": [
            "Parental capacity",
            "Domestic abuse",
            "Disguised compliance",
            "Parental mental health",
            "Avoidance and resistance",
        ],
    },
    (
        "Neglect",
        "Domestic abuse including coercive control",
        "Engaging challenging families",
        "Sexual abuse",
        "Parental mental health",
        "Parental substance misuse",
        "Cumulative harm",
        "Adolescent vulnerability",
    ),
    3,
)
HEADINGS = Shape(
    """# Learning from a rapid review

## Introduction
This review looked at one family.

## Seeing the child
### Voice of the child
The child was spoken to once in a year.
Was the child seen alone?
### Home conditions
Nobody recorded where the children slept.

## Working together
### Information sharing
Two agencies each held half of the picture.

## Recommendations
- The partnership should review how visits are recorded.
- Each agency must name a lead.
""",
    {"Seeing the child": ["Voice of the child", "Home conditions"], "Working together": ["Information sharing"]},
    (),
    2,
)
PLAIN_HEADINGS = Shape(
    """Contents

Assessment

- Timeliness
- Analysis of risk
- Father's part: men of the household were left out.

Supervision

- Frequency
- Reflection

Types of harm

- Neglect
- Physical abuse
""",
    {"Assessment": ["Timeliness", "Analysis of risk", "Father's part"], "Supervision": ["Frequency", "Reflection"]},
    ("Neglect", "Physical abuse"),
)
LETTER = Shape(
    """Inspection letter

We visited for two days.

Areas for priority

1) Decision making: managers did not explain their decisions.
2) Planning: plans had no dates.
3) Return interviews: too few were offered in time.

What needs to improve

The authority should report progress after six months.
Managers must sample ten cases a month.
""",
    {"Areas for priority": ["Decision making", "Planning", "Return interviews"]},
    (),
    2,
)
DASHES = Shape(
    """Harms: neglect; exploitation; online abuse

CHILDREN
• Daily life – what a day is like was not known
• School – absence was not followed up
FAMILY
• Fathers – nobody met them
• Money – debt was known and not acted on
""",
    {"CHILDREN": ["Daily life", "School"], "FAMILY": ["Fathers", "Money"]},
    ("neglect", "exploitation", "online abuse"),
)
NUMBERED = Shape(
    """# Thematic audit

1. Referrals
1.1 Repeat referrals
1.2 Quality of information
2. Visits
2.1 Frequency of visits
2.2 What was seen: bedrooms were not.
3. References
3.1 Working Together
""",
    {"Referrals": ["Repeat referrals", "Quality of information"], "Visits": ["Frequency of visits", "What was seen"]},
)
SHAPES = {
    "a seven minute briefing": SEVEN_MINUTES,
    "headings in a hierarchy": HEADINGS,
    "plain headings over bullets": PLAIN_HEADINGS,
    "an inspection letter": LETTER,
    "capitals and dashes": DASHES,
    "numbered sections": NUMBERED,
}
