"""The sheets of a template's workbook: one for the whole, and one for each list that a template may have."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.audit_templates.workbooks.columns import YES_NO, Column, Holds
from checklists.templates.asks import FilledFrom, WhenAsked
from checklists.templates.format_2 import FORMAT_1, FORMAT_2
from checklists.templates.overall import CappedAnswer, HowJudged
from checklists.templates.parts import NotEvidencedRule, TagKind
from checklists.templates.questions import QuestionKind

READ_ME, LISTS, WHOLE = "Read me", "Lists", "Template"
DOMAINS, THEMES, PROMPTS, RATINGS, HARMS = "Learning domains", "Themes", "Prompts", "Ratings", "Forms of harm"
DESCRIPTORS, EXEMPLARS, QUESTIONS, CHOICES = "Descriptors", "Exemplars", "Questions", "Choices"
CONDITIONS, CAPS, CONTRADICTIONS, SOURCES = "Conditions", "Caps", "Contradictions", "Sources"
CASE_FACTS, FAMILY_QUESTIONS, BARRIERS = "Case facts", "Family questions", "Barriers"
BANDS, CASE_WORDS = "Compliance bands", "Words of cases"
KEY: Final = "Key"
_KEY_NOTE: Final = "Lower case letters, digits and hyphens, such as voice-of-the-child."


def _labels(kinds: type[Any]) -> dict[str, Any]:
    return {kind.label: kind.value for kind in kinds}


_FORMATS: Final = {"Format 2": FORMAT_2, "Format 1": FORMAT_1}
_NOT_EVIDENCED: Final = {
    "Counts as below the standard": NotEvidencedRule.BELOW_STANDARD.value,
    "Left out": NotEvidencedRule.LEFT_OUT.value,
}
_CAPPED: Final = {"Lowest rating": CappedAnswer.LOWEST.value, "Not evidenced": CappedAnswer.NOT_EVIDENCED.value}
_FILLED: Final = {each.value.replace("-", " ").capitalize(): each.value for each in FilledFrom}
OF_QUESTION, OF_FACT, OF_FAMILY = "Question", "Case fact", "Family question"
OF_DOMAIN, OF_THEME = "Learning domain", "Theme"
CONDITION_KINDS: Final = {
    "Status": "statuses",
    "Age band": "age_bands",
    "Form of harm": "involves",
    "Case fact": "facts",
    "Answer to a question": "answers",
}
CASE_WORD_LISTS: Final = {"Status": "statuses", "Age band": "age_bands", "Category": "categories"}


def _same(*words: str) -> dict[str, Any]:
    return {word: word for word in words}


def _key(note: str = _KEY_NOTE) -> Column:
    return Column("key", KEY, note, is_needed=True)


def _yes_no(entry: str, heading: str, note: str = "", width: int = 14) -> Column:
    return Column(entry, heading, note, Holds.CHOICE, YES_NO, width=width)


def _keys(entry: str, heading: str, note: str, *, is_needed: bool = False) -> Column:
    return Column(entry, heading, f"{note} Put a comma between two.", Holds.KEYS, is_needed=is_needed, width=30)


def _of(entry: str, heading: str, sheet: str, note: str = "", *, is_needed: bool = True) -> Column:
    return Column(entry, heading, note or f"A key of the sheet {sheet}.", among=(sheet, KEY), is_needed=is_needed)


def _number(entry: str, heading: str, note: str = "", *, is_needed: bool = False) -> Column:
    return Column(entry, heading, note, Holds.NUMBER, is_needed=is_needed, width=12)


def _long(entry: str, heading: str, note: str = "", *, is_needed: bool = False) -> Column:
    return Column(entry, heading, note, is_needed=is_needed, width=50)


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of the sheet of the whole that a template has together or not at all.

    `marker`: the row that says whether it has them; without one, it has them when a cell is filled.
    """

    entry: str
    columns: tuple[Column, ...]
    marker: Column | None = None


def _marker(heading: str, note: str) -> Column:
    return _yes_no("", heading, note)


def _when(name: str, heading: str) -> tuple[Column, Column]:
    when = _labels(WhenAsked)
    return (
        Column(f"{name}.asked", f"{heading}: asked", "The answers it is asked with.", Holds.CHOICE, when),
        Column(f"{name}.required", f"{heading}: required", "The answers that need it.", Holds.CHOICE, when),
    )


GROUPS: Final[Sequence[Group]] = (
    Group(
        "",
        (
            Column("format", "Format", "Format 2 for a new template.", Holds.CHOICE, _FORMATS, is_needed=True),
            _key("Names the template. All its versions share it. " + _KEY_NOTE),
            Column("title", "Title", "Up to 200 characters.", is_needed=True),
            _long("summary", "Summary", "What the template is for."),
            _yes_no("graded", "Themes are rated", "No for a template in which auditors answer in words."),
            Column("not_evidenced", "Not evidenced", "How this answer is counted.", Holds.CHOICE, _NOT_EVIDENCED),
        ),
    ),
    Group("scale", (_of("standard", "Standard", RATINGS, "The lowest rating that meets it.", is_needed=False),)),
    Group(
        "overall",
        (Column("how", "Overall judgement", "Without this, it is calculated.", Holds.CHOICE, _labels(HowJudged)),),
    ),
    Group(
        "words",
        (
            Column("unit", "What one audit reads", "Such as case file, or observation."),
            Column("units", "The plural of it", "Such as case files."),
            Column("subject", "Who it is about", "Such as child, or adult."),
            Column("subjects", "The plural of them", "Such as children."),
            Column("impact", "Label of the impact text", "Such as Impact on the child."),
            Column("advice", "Advice to auditors", "Shown before they rate.", keeps_empty=True, width=50),
        ),
        _marker("Has its own words", "Yes, if any of the next 6 rows are filled in."),
    ),
    Group(
        "texts",
        (*_when("rationale", "Rationale"), *_when("impact", "Impact"), *_when("evidence", "Evidence")),
        _marker("Has its own rules for texts", "Yes, if any of the next 6 rows are filled in."),
    ),
    Group(
        "targets",
        (
            _number("meeting_percent", "Target: percentage meeting the standard", "From 1 to 100."),
            _number("lowest_percent", "Target: highest percentage at the lowest rating", "From 0 to 99."),
        ),
        _marker("Proposes targets", "Yes, if any of the next 2 rows are filled in."),
    ),
    Group(
        "compliance",
        (),
        _marker("Has a compliance percentage", f"Yes, to count answers to questions. Its bands: sheet {BANDS}."),
    ),
    Group(
        "asks",
        (
            _yes_no("conversation", "Asks about the conversation with the practitioner"),
            _yes_no("sources", "Asks for the sources of each answer"),
            _yes_no("family_views", "Asks for family views"),
            _yes_no("synopsis", "Asks for a synopsis of the case"),
            _yes_no("minutes", "Asks for the minutes spent"),
            _yes_no("strengths", "Asks for strengths and areas for development"),
        ),
        _marker("Asks for other parts", "Yes, if any of the next 6 rows are filled in."),
    ),
)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet with a row for each entry of a list."""

    sheet: str
    about: str
    columns: tuple[Column, ...]
    # Where its rows go when they are entries of the template itself, or of one of its parts.
    path: tuple[str, ...] = ()

    def column(self, entry: str) -> Column:
        return next(column for column in self.columns if column.entry == entry)


TABLES: Final[Sequence[Table]] = (
    Table(
        SOURCES,
        "The documents that the template comes from.",
        (
            Column(
                "of",
                "Main or further",
                "One main source at most.",
                Holds.CHOICE,
                _same("Main", "Further"),
                is_needed=True,
            ),
            Column("title", "Title", is_needed=True, width=40),
            Column("published", "Published", "The day of publication.", Holds.DAY, width=14),
            _long("note", "Note", "What it covers and how the template uses it."),
            _long("address", "Web address", "Starts with https."),
        ),
    ),
    Table(
        RATINGS,
        "The ratings of every theme, best first.",
        (
            _key("Lower case letters, digits and hyphens."),
            Column("label", "Label", "What auditors see.", is_needed=True),
            _long("description", "Description", "What it means whatever the theme."),
        ),
        ("scale", "ratings"),
    ),
    Table(
        HARMS,
        "The tags that cases may carry.",
        (
            _key(),
            Column("label", "Label", is_needed=True),
            _long("description", "Description", "When to use the tag."),
            Column("kind", "Kind", "Format 2. Without this, harm to the child.", Holds.CHOICE, _labels(TagKind)),
            _keys("of_case_list", "Categories of a case list", "Format 2. The categories that give this tag."),
        ),
        ("forms_of_harm",),
    ),
    Table(
        DOMAINS,
        "The learning domains, in order. Each needs a theme.",
        (_key(), Column("title", "Title", is_needed=True, width=40), _long("summary", "Summary")),
        ("learning_domains",),
    ),
    Table(
        THEMES,
        "The themes, in order. Each needs a prompt.",
        (
            _of("of", "Learning domain", DOMAINS),
            _key(),
            Column("title", "Title", "The name in its source.", is_needed=True, width=40),
            Column("display_title", "Display title", "The name to show, if another.", width=40),
            Column("source_place", "Place in the source"),
            _long("finding", "Finding", "What the source found."),
            _long("where_to_look", "Where to look", "Where evidence is usually found."),
            _long("not_applicable_when", "When not applicable is right"),
            _keys("forms_of_harm", "Forms of harm", f"Keys of the sheet {HARMS}."),
            _yes_no("limiting", "Limiting", "Format 1 only."),
            _yes_no("addition", "Not in the source", "Format 2."),
            _yes_no("bears_on_all", "Relevant to every case", "Format 2."),
        ),
    ),
    Table(
        PROMPTS,
        "Questions that tell the auditor what to look for, in order.",
        (_of("of", "Theme", THEMES), Column("prompt", "Prompt", "Up to 600 characters.", is_needed=True, width=80)),
    ),
    Table(
        DESCRIPTORS,
        "What each rating looks like for a theme.",
        (
            _of("of", "Theme", THEMES),
            _of("rating", "Rating", RATINGS),
            Column("text", "Descriptor", keeps_empty=True, width=80),
        ),
    ),
    Table(
        EXEMPLARS,
        "Agreed answers to practice cases.",
        (
            _of("of", "Theme", THEMES),
            _of("rating", "Rating", RATINGS),
            _long("words", "Why this rating was right", is_needed=True),
        ),
    ),
    Table(
        QUESTIONS,
        "Questions under a theme, in order. Format 2.",
        (
            _of("of", "Theme", THEMES),
            _key(),
            Column("text", "Question", "Up to 200 characters.", is_needed=True, width=60),
            Column("kind", "Kind", "Type of answer.", Holds.CHOICE, _labels(QuestionKind), is_needed=True),
            _long("hint", "Hint"),
            _yes_no("not_applicable", "Can be not applicable"),
            _keys("meets", "Answers that meet the standard", "Yes, partly and no are yes, partly, no."),
            _number("at_least", "At least", "The smallest number that meets the standard."),
            _number("at_most", "At most", "The largest number that meets the standard."),
        ),
    ),
    Table(
        CHOICES,
        "The choices of questions, case facts and family questions, in order. Format 2.",
        (
            Column("kind", "Of", "", Holds.CHOICE, _same(OF_QUESTION, OF_FACT, OF_FAMILY), is_needed=True),
            Column("of", "Its key", "The key of the question or case fact.", is_needed=True),
            _key(),
            Column("label", "Label", is_needed=True, width=40),
            _number("at_least", "Band: at least", "Case facts only."),
            _number("below", "Band: below", "Case facts only."),
            _keys("of_case_list", "Words of a case list", "Case facts only. The words that mean this choice."),
        ),
    ),
    Table(
        CONDITIONS,
        "Which cases a learning domain, theme or question is asked of. Every row of one must hold. Format 2.",
        (
            Column("kind", "Of", "", Holds.CHOICE, _same(OF_DOMAIN, OF_THEME, OF_QUESTION), is_needed=True),
            Column("of", "Its key", "What is asked of some cases only.", is_needed=True),
            Column("what", "What must hold", "", Holds.CHOICE, CONDITION_KINDS, is_needed=True),
            Column("named", "Case fact or question", "Its key. Only for a case fact or an answer."),
            _keys("keys", "Any of", "Keys of statuses, age bands, forms of harm or answers.", is_needed=True),
        ),
    ),
    Table(
        CAPS,
        "What the overall judgement can be at best. Format 2.",
        (
            _keys("themes", "Themes", "Keys of themes. Without any, all count."),
            Column("answer", "Answer", "Without this, the lowest rating.", Holds.CHOICE, _CAPPED),
            _number("in_at_least", "In at least", "Number of themes."),
            _number("in_at_least_percent", "In at least percent", "Percentage of the themes."),
            Column("at_best", "At best", "A key of a rating, or cannot-be-judged.", is_needed=True),
            _long("unless", "Unless", "What the auditor must explain to give a better judgement."),
        ),
        ("overall", "caps"),
    ),
    Table(
        CONTRADICTIONS,
        "Answers to 2 themes that contradict each other.",
        (
            _of("one.theme", "Theme", THEMES),
            _keys("one.answers", "Its answers", "Ratings, not-evidenced or not-applicable.", is_needed=True),
            _of("other.theme", "Other theme", THEMES),
            _keys("other.answers", "Answers of the other", "Answers that contradict those.", is_needed=True),
            _long("why", "Why", "Shown to the auditor.", is_needed=True),
        ),
        ("contradictions",),
    ),
    Table(
        CASE_FACTS,
        f"Facts about the case, asked once. Their choices: sheet {CHOICES}. Format 2.",
        (
            _key(),
            Column("title", "Title", is_needed=True, width=40),
            _long("hint", "Hint"),
            Column("filled_from", "Filled in from", "What of a case list answers it.", Holds.CHOICE, _FILLED),
        ),
        ("case_facts",),
    ),
    Table(
        FAMILY_QUESTIONS,
        f"Questions for the family. Their choices: sheet {CHOICES}. Format 2.",
        (_key(), Column("text", "Question", is_needed=True, width=60)),
        ("family_questions",),
    ),
    Table(
        BARRIERS,
        "Possible barriers to the work. Format 2.",
        (_key(), Column("label", "Label", is_needed=True, width=40)),
        ("obstacles",),
    ),
    Table(
        BANDS,
        "Bands of the compliance percentage, best first. Format 2.",
        (
            _number("at_least", "At least", "The lowest percentage in the band.", is_needed=True),
            Column("label", "Label", is_needed=True),
        ),
        ("compliance", "bands"),
    ),
    Table(
        CASE_WORDS,
        "Statuses, age bands and categories of cases, where those of children’s services do not fit. Format 2.",
        (
            Column("of", "List", "", Holds.CHOICE, CASE_WORD_LISTS, is_needed=True),
            _key("Lower case letters, digits and hyphens."),
            Column("label", "Label", is_needed=True, width=40),
            _number("at_least", "Age: at least", "Age bands only, in years."),
            _number("below", "Age: below", "Age bands only, in years."),
        ),
    ),
)
BY_SHEET: Final[Mapping[str, Table]] = {table.sheet: table for table in TABLES}


def rows_of_whole() -> Iterator[tuple[Group, Column]]:
    """The rows of the sheet of the whole, in order, the marker of a group before its entries."""
    for group in GROUPS:
        if group.marker is not None:
            yield group, group.marker
        for column in group.columns:
            yield group, column
