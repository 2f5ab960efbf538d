"""The words and codes of case systems, by the text after a letter and a bracket, never by the letter.

Codes: children in need census and SSDA903 return (Department for Education), Annex A (Ofsted), Standard Safeguarding
Dataset (Data to Insight).
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from unicodedata import normalize

from checklists.cases import CHILDRENS_WORDS, CaseStatus, CaseWords, Category

LEAVE_OUT: Final = "leave-out"
YES: Final = "yes"
NO: Final = "no"
_LETTER: Final = re.compile(r"[a-z0-9]{1,2}\)\s*")
_NEED_CODE: Final = re.compile(r"(n[0-9])(?![a-z0-9])")
_NO_LETTER_OR_DIGIT: Final = re.compile(r"[\W_]+")


class Kind(StrEnum):
    """The field that a word belongs to."""

    STATUS = "status"
    ELIGIBILITY = "eligibility"
    IN_TOUCH = "in-touch"
    LEGAL_STATUS = "legal-status"
    CATEGORY = "category"
    YES_NO = "yes-no"

    @property
    def label(self) -> str:
        return {
            "eligibility": "eligibility category",
            "in-touch": "status",
            "legal-status": "legal status",
            "yes-no": "yes or no",
        }.get(self.value, self.value)

    def options(self, words: CaseWords = CHILDRENS_WORDS) -> Mapping[str, str]:
        """The possible answers when a word is not known, each with its meaning."""
        if self is Kind.YES_NO:
            return {YES: "Yes", NO: "No", "": "Not known"}
        if self is Kind.CATEGORY:
            return {**words.categories, "": "Not known"}
        return {**words.statuses, LEAVE_OUT: "Exclude these rows"}


def plain_word(text: str) -> str:
    """The form shared by words with the same meaning: "a) N1 - Abuse or neglect" and "N1" are one."""
    word = normalize("NFKC", text).casefold().replace("'", "").replace("\u2019", "")
    word = _NO_LETTER_OR_DIGIT.sub(" ", _LETTER.sub("", word.strip(), count=1) if _LETTER.match(word.strip()) else word)
    word = word.strip()
    code = _NEED_CODE.match(word)
    return code[1] if code else word


_STATUSES: Final = {
    CaseStatus.EARLY_HELP: ("early help", "eh", "early help assessment", "early help episode", "targeted early help"),
    CaseStatus.CHILD_IN_NEED: (
        "child in need",
        "children in need",
        "child in need plan",
        "cin",
        "cin plan",
        "open assessment",
    ),
    CaseStatus.CHILD_PROTECTION_PLAN: ("child protection plan", "child protection", "cp", "cpp", "cp plan"),
    CaseStatus.CHILD_LOOKED_AFTER: (
        "looked after child",
        "child looked after",
        "children looked after",
        "looked after",
        "lac",
        "cla",
        "child in care",
        "children in care",
        "cic",
    ),
    CaseStatus.CARE_LEAVER: ("care leaver", "care leavers", "leaving care"),
    CaseStatus.CLOSED: ("closed", "closed episode", "case closed"),
}
# An eligible child is 16 or 17 and still looked after; a relevant or qualifying one is not (Children Act 1989,
# schedule 2 paragraph 19B, and sections 23A to 24).
_ELIGIBILITIES: Final = {
    CaseStatus.CHILD_LOOKED_AFTER: ("eligible", "eligible child"),
    CaseStatus.CARE_LEAVER: (
        "relevant",
        "relevant child",
        "former relevant",
        "former relevant child",
        "qualifying",
        "qualifying care leaver",
        "other",
    ),
    CaseStatus.CLOSED: ("no current eligibility",),
}
# In touch, or not and still owed support; the others have died, need nothing more, or live with a parent again.
_IN_TOUCH: Final = {
    CaseStatus.CARE_LEAVER: ("yes", "no", "refu"),
    CaseStatus.CLOSED: ("died", "nreq", "rhom"),
}
# An agreed series of short breaks. The national statistics of the return do not count these children as looked after.
_SHORT_BREAKS: Final = {"v3", "v4"}
_CATEGORIES: Final = {
    Category.NEGLECT: ("neglect", "neg"),
    Category.PHYSICAL_ABUSE: ("physical", "physical abuse", "phy"),
    Category.SEXUAL_ABUSE: ("sexual", "sexual abuse", "sab"),
    Category.EMOTIONAL_ABUSE: ("emotional", "emotional abuse", "emo"),
    Category.MULTIPLE: ("multiple", "mul", "multiple categories"),
    Category.ABUSE_OR_NEGLECT: ("n1", "abuse or neglect", "abuse neglect and exploitation"),
    Category.CHILDS_DISABILITY: ("n2", "childs disability", "childs disability or illness", "disability"),
    Category.PARENTAL_ILLNESS_OR_DISABILITY: (
        "n3",
        "parental illness or disability",
        "parents illness or disability",
        "parental disability or illness",
    ),
    Category.FAMILY_IN_ACUTE_STRESS: ("n4", "family in acute stress"),
    Category.FAMILY_DYSFUNCTION: ("n5", "family dysfunction"),
    Category.SOCIALLY_UNACCEPTABLE_BEHAVIOUR: ("n6", "socially unacceptable behaviour"),
    Category.LOW_INCOME: ("n7", "low income"),
    Category.ABSENT_PARENTING: ("n8", "absent parenting"),
    Category.OTHER_THAN_NEED: ("n9", "not cin", "cases other than children in need", "other than need"),
    Category.NOT_STATED: ("n0", "not stated"),
}
_YES_NO: Final = {YES: ("yes", "y", "1", "true"), NO: ("no", "n", "0", "false"), "": ("unknown", "not known", "u")}


def _by_word(meanings: Mapping[CaseStatus, tuple[str, ...]] | Mapping[Category, tuple[str, ...]]) -> dict[str, str]:
    return {word: meaning.value for meaning, words in meanings.items() for word in (*words, plain_word(meaning))}


_KNOWN: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.STATUS: _by_word(_STATUSES),
    Kind.ELIGIBILITY: {word: meaning.value for meaning, words in _ELIGIBILITIES.items() for word in words},
    Kind.IN_TOUCH: {word: meaning.value for meaning, words in _IN_TOUCH.items() for word in words},
    Kind.CATEGORY: _by_word(_CATEGORIES),
    Kind.YES_NO: {word: meaning for meaning, words in _YES_NO.items() for word in words},
}


def known_meaning(kind: Kind, word: str, words: CaseWords = CHILDRENS_WORDS) -> str | None:
    """The option of the kind for a plain word; None when a person must be asked."""
    own = {Kind.STATUS: words.statuses, Kind.CATEGORY: words.categories}.get(kind)
    if own is not None and own is not CHILDRENS_WORDS.statuses and own is not CHILDRENS_WORDS.categories:
        return next((key for key, label in own.items() if word in {plain_word(key), plain_word(label)}), None)
    # The dataset names the categories: "Multiple: neglect, physical abuse".
    if kind is Kind.CATEGORY and word.startswith("multiple "):
        return Category.MULTIPLE.value
    if kind is Kind.LEGAL_STATUS:
        return (CaseStatus.CHILD_IN_NEED if word in _SHORT_BREAKS else CaseStatus.CHILD_LOOKED_AFTER).value
    return _KNOWN[kind].get(word)
