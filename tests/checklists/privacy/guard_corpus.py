"""Sentences as professionals write them about an audit: with an identifier or a name planted, and with none.

Made by code from a seed. Every number is drawn at random or comes from a range kept for drama or examples, and no
sentence is about anybody. The ways of writing are those that people use, not those that the patterns know.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from checklists.privacy.identifiers import IdentifierKind, is_nhs_number


class Planted(NamedTuple):
    """A text with one thing planted in it, at `text[start:end]`."""

    text: str
    start: int
    end: int


AROUND: Final = (
    "The chronology gives {} and nothing was done with it.",
    "I checked the file: {}. The plan was not updated.",
    "Recorded as {} on the front sheet, but missing from the assessment.",
    "{} appears in the case summary of 12 March 2024.",
    "See strategy discussion minutes, page 3 ({}), and the manager's note below it.",
    "The referral had {}; the worker followed it up within 24 hours.",
    "Case note reads: “{}”, which should not have been copied.",
    "Two details differ between systems - {} - and nobody asked why.",
    "Health visitor confirmed {}, seen again at the core group.",
    "- front sheet: {}\n- genogram: missing\n- chronology: 4 entries since Section 47",
    "Good practice here.\n\n{}\n\nThe voice of the child is clear throughout.",
    "The social worker wrote {} in the letter, and the IRO noticed on the 2nd review",
    "evidence - tab 4, contact record, {}, 3rd entry from top",
    "{}",
)


def an_nhs_number(chance: random.Random) -> str:
    while True:
        digits = "".join(chance.choices("0123456789", k=10))
        if is_nhs_number(digits):
            break
    gap = chance.choices(["", " ", "-", ".", "  ", "\u00a0", "\n", "\u2013", " - "], [30, 40, 8, 2, 4, 6, 4, 2, 4])[0]
    parts = [digits[:3], digits[3:6], digits[6:]]
    written = gap.join(parts)
    if gap and chance.random() < 0.06:
        written = f"{parts[0]}{gap}{parts[1]}{parts[2]}"
    if chance.random() < 0.02:
        written = " ".join(digits[place : place + 2] for place in range(0, 10, 2))
    if chance.random() < 0.01:
        written = " ".join(digits)
    return chance.choice(["", "", "NHS number ", "NHS No: ", "NHS no. ", "nhs ", "NHS", "NHS#"]) + written


def a_upn(chance: random.Random) -> str:
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    digits = "".join(chance.choices("0123456789", k=11))
    last = chance.choice(letters) if chance.random() < 0.1 else chance.choice("0123456789")
    values = [int(each) if each.isdecimal() else letters.index(each) for each in digits + last]
    check = letters[sum(value * weight for weight, value in enumerate(values, start=2)) % 23]
    gap = chance.choices(["", " ", "-", "/", "\n"], [80, 10, 5, 3, 2])[0]
    written = gap.join([check + digits[:3], digits[3:7], digits[7:] + last])
    if gap == " " and chance.random() < 0.5:
        written = gap.join([check, digits[:3], digits[3:7], digits[7:] + last])
    if chance.random() < 0.15:
        written = written.lower()
    return chance.choice(["", "", "UPN ", "UPN: ", "upn is ", "UPN:"]) + written


def an_ni_number(chance: random.Random) -> str:
    while True:
        prefix = chance.choice("ABCEGHJKLMNOPRSTWXYZ") + chance.choice("ABCEGHJKLMNPRSTWXYZ")
        if prefix not in {"BG", "GB", "NK", "KN", "TN", "NT", "ZZ"}:
            break
    digits = "".join(chance.choices("0123456789", k=6))
    parts = [prefix, digits[:2], digits[2:4], digits[4:], chance.choice("ABCD")]
    shapes: list[Callable[[], str]] = [
        lambda: "".join(parts),
        lambda: " ".join(parts),
        lambda: f"{prefix} {digits} {parts[-1]}",
        lambda: f"{prefix}{digits} {parts[-1]}",
        lambda: f"{prefix} {digits}{parts[-1]}",
        lambda: "-".join(parts),
        lambda: f"{prefix}{digits[:2]} {digits[2:4]} {digits[4:]}{parts[-1]}",
        lambda: " ".join(parts[:3]) + "\n" + " ".join(parts[3:]),
        lambda: "\u00a0".join(parts),
        lambda: "/".join(parts),
    ]
    written = chance.choices(shapes, [40, 30, 5, 3, 3, 5, 3, 2, 2, 1])[0]()
    if chance.random() < 0.2:
        written = written.lower()
    return chance.choice(["", "", "NI number ", "NINO: ", "NI no ", "national insurance "]) + written


GIVEN: Final = ("alex", "sam", "jo", "robin", "chris", "pat", "k", "m.j", "lee-ann", "d.okoro", "no-reply", "TeamInbox")
FAMILY: Final = ("example", "sample", "o'person", "person-demo", "somebody", "demo")
HOSTS: Final = (
    "example.org",
    "example.com",
    "example.net",
    "mail.example.org",
    "children.example.co.uk",
    "sub-domain.example.org.uk",
    "EXAMPLE.ORG",
    "school.example",
)


def an_email(chance: random.Random) -> str:
    local = chance.choice(GIVEN) + chance.choice([".", "_", "", "-", "+"]) + chance.choice(FAMILY)
    local += chance.choice(["", "", "1", "72", "2009"])
    at = chance.choices(["@", " @ ", "@\n", "\uff20"], [96, 2, 1, 1])[0]
    written = f"{local}{at}{chance.choice(HOSTS)}"
    shape = chance.choice(["{}", "{}", "<{}>", "mailto:{}", "({})", "e-mail {}", "email: {}", "{}; "])
    return shape.format(chance.choice([written, written, written.upper(), written.title()]))


AREAS: Final = (
    *("AB", "AL", "B", "BA", "BB", "BD", "BH", "BL", "BN", "BR", "BS", "BT", "CA", "CB", "CF", "CH"),
    *("CM", "CO", "CR", "CT", "CV", "CW", "DA", "DD", "DE", "DG", "DH", "DL", "DN", "DT", "DY", "E"),
    *("EC", "EH", "EN", "EX", "FK", "FY", "G", "GL", "GU", "HA", "HD", "HG", "HP", "HR", "HS", "HU"),
    *("HX", "IG", "IP", "IV", "KA", "KT", "KW", "KY", "L", "LA", "LD", "LE", "LL", "LN", "LS", "LU"),
    *("M", "ME", "MK", "ML", "N", "NE", "NG", "NN", "NP", "NR", "NW", "OL", "OX", "PA", "PE", "PH"),
    *("PL", "PO", "PR", "RG", "RH", "RM", "S", "SA", "SE", "SG", "SK", "SL", "SM", "SN", "SO", "SP"),
    *("SR", "SS", "ST", "SW", "SY", "TA", "TD", "TF", "TN", "TQ", "TR", "TS", "TW", "UB", "W", "WA"),
    *("WC", "WD", "WF", "WN", "WR", "WS", "WV", "YO", "ZE"),
)


def a_postcode(chance: random.Random) -> str:
    outward = chance.choice(AREAS) + chance.choice([*"123456789", str(chance.randrange(10, 100))])
    if outward in {"W1", "EC1", "EC2", "EC3", "EC4", "SW1", "WC1", "WC2", "SE1", "NW1", "N1", "E1"}:
        outward += chance.choice("ABEHMPRVWXY")
    inward = chance.choice("0123456789") + chance.choice("ABDEFGHJLNPQRSTUWXYZ") + chance.choice("ABDEFGHJLNPQRSTUWXYZ")
    if inward[0] == "0" and chance.random() < 0.2:
        inward = "O" + inward[1:]
    gap = chance.choices([" ", "", "  ", "\u00a0", "\n", "-", ", "], [60, 20, 4, 4, 4, 2, 1])[0]
    capitals = outward + gap + inward
    (written,) = chance.choices([capitals, capitals.lower(), capitals.title()], [70, 24, 6])
    said = chance.choice(["", "", "postcode ", "home postcode: ", "lives at ", "of Example Street, "])
    return f"{said}{written}"


DRAMA: Final = (
    ("07700", "900{:03}"),
    ("01632", "960{:03}"),
    ("0113", "496 0{:03}"),
    ("0161", "496 0{:03}"),
    ("020", "7946 0{:03}"),
    ("029", "2018 0{:03}"),
    ("0808", "157 0{:03}"),
    ("0306", "999 0{:03}"),
)


def a_phone(chance: random.Random) -> str:
    code, rest = chance.choice(DRAMA)
    rest = rest.format(chance.randrange(1000))
    joined = rest.replace(" ", "")
    shapes: list[Callable[[], str]] = [
        lambda: f"{code} {rest}",
        lambda: f"{code}{joined}",
        lambda: f"{code} {joined[:3]} {joined[3:]}",
        lambda: f"({code}) {rest}",
        lambda: f"{code}-{rest.replace(' ', '-')}",
        lambda: f"+44 {code[1:]} {rest}",
        lambda: f"+44{code[1:]}{joined}",
        lambda: f"+44 (0){code[1:]} {rest}",
        lambda: f"0044 {code[1:]} {rest}",
        lambda: f"{code}.{rest.replace(' ', '.')}",
        lambda: f"{code}\u00a0{rest}",
        lambda: f"{code} {joined[:3]}\n{joined[3:]}",
        lambda: f"{code[:2]} {code[2:]}{joined}",
        lambda: " ".join((code + joined)[place : place + 2] for place in range(0, len(code + joined), 2)),
        lambda: f"44 {code[1:]} {rest}",
        lambda: f"{code}/{rest}",
        lambda: f"{code[1:]} {joined}",
        lambda: chance.choice(["+353 1 555 0{:03}", "+48 22 555 0{:03}", "+1 202 555 0{:03}"]).format(
            chance.randrange(1000)
        ),
        lambda: f"{code} - {rest}",
    ]
    written = chance.choices(shapes, [24, 20, 14, 6, 4, 4, 4, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, 2, 1])[0]()
    return chance.choice(["", "", "tel ", "mob: ", "T: ", "rang ", "on ", "tel:", "mobile no. "]) + written


MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def a_date(chance: random.Random, first: int, last: int) -> str:
    day, month, year = chance.randrange(1, 29), chance.randrange(1, 13), chance.randrange(first, last + 1)
    name, short = MONTHS[month - 1], f"{year % 100:02}"
    ordinal = f"{day}{'th' if day in {11, 12, 13} else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"
    shapes = [
        f"{day:02}/{month:02}/{year}",
        f"{day}/{month}/{short}",
        f"{day:02}.{month:02}.{year}",
        f"{day}.{month}.{short}",
        f"{day:02}-{month:02}-{year}",
        f"{day} {name} {year}",
        f"{day} {name[:3]} {year}",
        f"{ordinal} {name} {year}",
        f"{ordinal} of {name} {year}",
        f"{name} {ordinal}, {year}",
        f"{year}-{month:02}-{day:02}",
        f"{day} {name[:3].lower()} {short}",
        f"{day:02}{month:02}{year}",
        f"{day}-{name[:3]}-{year}",
        f"the {ordinal} {name} {year}",
    ]
    return chance.choices(shapes, [30, 10, 6, 4, 6, 14, 4, 8, 3, 2, 4, 2, 2, 3, 3])[0]


BIRTHS: Final = (
    ("DOB {}", 18),
    ("DOB: {}", 14),
    ("dob {}", 8),
    ("DoB – {}", 3),
    ("D.O.B. {}", 6),
    ("d.o.b {}", 3),
    ("DOB:{}", 4),
    ("D.O.B\n{}", 2),
    ("date of birth {}", 8),
    ("Date of Birth: {}", 8),
    ("date of birth is {}", 3),
    ("date of birth was given as {}", 2),
    ("date of birth ({})", 2),
    ("birth date {}", 2),
    ("born {}", 6),
    ("was born on {}", 6),
    ("born in Exampleton General on {}", 2),
    ("was born at 27 weeks on {}", 2),
    ("born early, by emergency section, on {}", 1),
    ("whose birthday is {}", 2),
    ("{} is her date of birth", 2),
    ("{} (DOB)", 2),
    ("a boy (b. {})", 3),
    ("b. {}", 1),
    ("a girl, b {}", 1),
    ("birthdate: {}", 2),
    ("turned five on {}", 1),
    ("born on a Tuesday, {}", 1),
    ("with a d o b of {}", 1),
)


def a_date_of_birth(chance: random.Random) -> str:
    (shape,) = chance.choices([shape for shape, _ in BIRTHS], [weight for _, weight in BIRTHS])
    return shape.format(a_date(chance, 2004, 2024))


# Common as they are, so that they point to nobody.
GIVEN_NAMES: Final = (
    *("Anna", "Mohammed", "Grace", "Piotr", "Zoë", "José", "Amina", "Liam"),
    *("Chidi", "Siân", "Mei", "Aoife", "Yusuf", "Priya", "Tom"),
)
SURNAMES: Final = (
    *("Smith", "Patel", "Okafor", "Jones-Smith", "O'Connor", "McDonald", "Nuñez", "Wiśniewski", "Khan", "Begum"),
    *("Singh", "van der Berg", "de Souza", "Al-Hassan", "Ng", "Li", "Brown", "Green", "Young", "Baker"),
    *("Ferreira da Silva", "Fitzgerald", "Ó Briain", "St John", "D'Souza", "Williams", "Marsh", "Grant", "Field"),
)
TITLES: Final = ("Mr", "Mrs", "Ms", "Miss", "Dr", "Mr", "Mrs", "Ms", "Prof", "Professor", "Rev", "Mx", "Doctor", "PC")


def a_titled_name(chance: random.Random) -> str:
    title, surname, given = chance.choice(TITLES), chance.choice(SURNAMES), chance.choice(GIVEN_NAMES)
    shapes = [
        f"{title} {surname}",
        f"{title}. {surname}",
        f"{title} {given} {surname}",
        f"{title} {given[0]}. {surname}",
        f"{title} {given[0]} {surname}",
        f"{title} {given[0]}.{chance.choice('ABCDEFGH')}. {surname}",
        f"{title} {surname}'s",
        f"{title} {given}",
        f"{title}\u00a0{surname}",
        f"{title}\n{surname}",
        f"{title} {surname}".upper(),
        f"{title} {surname}".lower(),
    ]
    return chance.choices(shapes, [50, 5, 10, 6, 6, 2, 5, 4, 2, 2, 3, 5])[0]


KINDS: Final[tuple[tuple[IdentifierKind, Callable[[random.Random], str]], ...]] = (
    (IdentifierKind.NHS_NUMBER, an_nhs_number),
    (IdentifierKind.UPN, a_upn),
    (IdentifierKind.NI_NUMBER, an_ni_number),
    (IdentifierKind.EMAIL, an_email),
    (IdentifierKind.POSTCODE, a_postcode),
    (IdentifierKind.PHONE, a_phone),
    (IdentifierKind.DATE_OF_BIRTH, a_date_of_birth),
)


def planted(make: Callable[[random.Random], str], *, number: int, seed: int) -> Iterator[Planted]:
    """So many texts with one thing in each, made by `make`."""
    chance = random.Random(seed)
    for _ in range(number):
        around, thing = chance.choice(AROUND), make(chance)
        start = around.index("{}")
        yield Planted(around.format(thing), start, start + len(thing))


CLEAN: Final = (
    "The child was seen alone on {date}, and again on {date}.",
    "Section {section} enquiry began on {date}; strategy discussion at {time} with police and health.",
    "Visit of {date} at {time} is on file, but not written up until {date}.",
    "Core group minutes of {date}, page {small}, paragraph {small}.{small}.",
    "Assessment completed in {small} working days against a timescale of 45.",
    "Form {form} is signed; the plan on page {small} is not dated.",
    "The case reference {reference} is on the front sheet and in the chronology.",
    "See document {document}, tab {small}, third entry.",
    "{share}% of visits were in time: {small} of {count}.",
    "The worker rang the duty line at {time}, and 101 at {time}, without an answer.",
    "Childline's number (0800 1111) was given to the young person.",
    "Dr on call was asked for an opinion at {time}.",
    "The Dr at the surgery had not been asked.",
    "GP surgery wrote on {date}: no concerns since the {ordinal} review.",
    "Ward {ward} discharged the mother on {date} with a plan for {small} weeks.",
    "Admitted to Ward {ward}, bed {small}, from A&E at {time}.",
    "Mr and Mrs were both invited to conference; neither came.",
    "Mr A and Ms B are named that way throughout, which is right.",
    "Mother's partner (Mr X) was not part of the assessment.",
    "Father was spoken to {small} times between {date} and {date}.",
    "The Head of Service signed off the plan on {date}.",
    "Head Teacher, Designated Safeguarding Lead and School Nurse all contributed.",
    "The Independent Reviewing Officer raised a dispute on {date}, stage {small}.",
    "Police Constable on duty shared the log; log number {log}.",
    "Court order {court} of {date} is on file, sealed.",
    "Care proceedings issued under section 31 on {date}; form C110A is on file.",
    "EHCP reviewed in Year {small}; annual review due in {month} {year}.",
    "Attendance {share}% this term, {share}% last; {small} fixed-term exclusions.",
    "The baby was born early and stayed on the ward; the plan changed twice.",
    "Born in {year}, the eldest has been known to services since {month} {year}.",
    "The pre-birth assessment was completed on {date}, {small} weeks late.",
    "The unborn baby was the subject of a conference on {date}.",
    "The new-born visit took place on {date}, as it should.",
    "Date of birth is missing from the genogram. Updated on {date} without it.",
    "DOB not recorded on the referral; chased on {date}.",
    "The birth plan was agreed on {date} with the midwife.",
    "The date of birth differs between systems, as the IRO noted in the review of {date}.",
    "Working Together {year}, chapter {small}, paragraph {count}.",
    "Threshold document version {small}.{small}.{small}, published {month} {year}.",
    "Neglect score fell from {small} to {small} on the graded care profile.",
    "The family moved {small} times in {count} months.",
    "Supervision on {date}, {date} and {date}; actions from {small} of these are missing.",
    "SDQ scores {small}, {small}, {small} and {small} over four terms.",
    "Contact {small} of {count}: no reply. Contact {small}: left a message at {time}.",
    "Legal planning meeting {date}, {time}-{time}, room {ward}.",
    "Email the worker @ the office was written on the note, with no follow-up.",
    "The plan is SMART: {small} actions, {small} owners, {small} dates.",
    "Police log {log} and crime number {crime} are cross-referenced.",
    "School URN {urn}; local authority code {code}.",
    "Ofsted registration SC{urn} was checked before placement.",
    "Placement costs £{count},{urn} a year; panel agreed on {date}.",
    "The home is on the A{count}, junction {small}; the journey takes {small} hours.",
    "Unit {small}B, {ordinal} floor: the family centre used for contact.",
    "Miss one appointment and the letter goes out; the file shows {small} letters.",
    "They would miss school on a Monday, {small} weeks of {count}.",
    "Return interview held {small} hours after the child came back at {time}.",
    "The MS Teams recording of {date} was not kept.",
    "Mother has MS and was not asked how this affects her care.",
    "PC in the living room was checked by the worker during the visit at {time}.",
    "DS and DI from the child abuse team attended at {time}.",
    "Dr letter of {date} is quoted, not summarised.",
    "Consultant and ward sister agreed the discharge on {date}.",
    "The Lead Professional is named, and so is the Team Manager.",
    "Genogram of {date} leaves out the paternal family.",
    "Child A, Child B and Child C have separate plans, all dated {date}.",
    "CSE tool scored {count}; NRM referral made {date}, reply in {small} days.",
    "Chronology has {count} entries from {date} to {date}.",
    "IRO footprint: {date}, {date}, {date}.",
    "Budget line {document} was used for the taxi.",
    "MARAC {date}: case {small} of {count}.",
    "Statutory visits: {date} (seen), {date} (not seen), {date} (seen alone).",
    "Weight on the {share}th centile, {small}.{small} kg; next check in {small} weeks.",
    "Paracetamol {count} mg at {time}, recorded by staff of the home.",
    "Strengths: routine, warmth, school. Worries: alcohol ({small} units), debts of £{count}.",
    "The social worker changed {small} times; each handover is recorded.",
    "A good analysis, which weighs what each professional said and reaches a clear view.",
    "No evidence that the child's wishes were sought before the decision.",
    "Impact on the child is described in the child's own words.",
    "There is drift between {month} and {month} {year}: nothing happened for {small} weeks.",
    "Public Law Outline pre-proceedings letter sent {date}, reviewed at week {small}.",
    "Room {ward}, {time}: contact supervised by two workers.",
    "Housing reference {housing}; arrears of £{count}.",
    "Version {small} of the plan, last saved {date} {time}.",
    "The Doctor was not invited, and the Professor of paediatrics gave an opinion in writing.",
    "Sister (aged {small}) and brother (aged {small}) were spoken to together.",
    "Sir, dame, master: the file uses no titles, only roles.",
    "The Rev from the parish food bank visits on Mondays.",
    "Key Stage {small}, P{small} and W{small} are the levels used by the school.",
    "E{small} {ordinal} draft of the plan was circulated; S{section} {ordinal} strategy discussion too.",
)  # fmt: skip


def _case_number(chance: random.Random) -> str:
    return chance.choice(
        [
            f"{chance.randrange(10**5, 10**8)}",
            f"LCS-{chance.randrange(10**6, 10**7)}",
            f"{chance.randrange(2018, 2026)}/{chance.randrange(10**4, 10**5)}",
            f"CF-{chance.choice('BCDFGH')}{chance.randrange(10)}{chance.choice('KMNP')}{chance.choice('QRST')}",
            f"P{chance.randrange(10**6, 10**7)}",
        ]
    )


def clean_sentence(chance: random.Random, template: str) -> str:
    """The sentence with numbers, dates and references that are nobody's."""
    fillings: dict[str, Callable[[], str]] = {
        "date": lambda: a_date(chance, 2019, 2026),
        "time": lambda: chance.choice(["{}:{:02}", "{:02}{:02}", "{}.{:02}"]).format(
            chance.randrange(8, 20), chance.randrange(0, 60, 5)
        ),
        "section": lambda: chance.choice(["17", "20", "31", "47", "117"]),
        "small": lambda: str(chance.randrange(1, 12)),
        "count": lambda: str(chance.randrange(12, 400)),
        "share": lambda: str(chance.randrange(1, 100)),
        "ordinal": lambda: chance.choice(["1st", "2nd", "3rd", "4th", "2ND"]),
        "form": lambda: chance.choice(["C110A", "C1A", "CP3", "LAC 2", "IRO1", "S47-2", "BB1b", "E2a"]),
        "reference": lambda: _case_number(chance),
        "document": lambda: str(chance.randrange(10**6, 10 ** chance.choice([7, 8, 9, 10]))),
        "ward": lambda: f"{chance.randrange(1, 30)}{chance.choice(['', 'A', 'B', ' East'])}",
        "log": lambda: f"{chance.randrange(10**3, 10**4)} of {a_date(chance, 2019, 2026)}",
        "court": lambda: (
            f"{chance.choice(['ZC', 'LS', 'ME'])}{chance.randrange(19, 27)}C{chance.randrange(50000, 51000)}"
        ),
        "crime": lambda: f"{chance.randrange(10, 60)}/{chance.randrange(10**5, 10**6)}/{chance.randrange(19, 27)}",
        "urn": lambda: str(chance.randrange(100_000, 150_000)),
        "code": lambda: str(chance.randrange(200, 950)),
        "housing": lambda: f"H{chance.randrange(10**7, 10**8)}",
        "month": lambda: chance.choice(MONTHS),
        "year": lambda: str(chance.randrange(2015, 2027)),
    }
    parts = template.split("{")
    return parts[0] + "".join(fillings[name]() + rest for name, _, rest in (part.partition("}") for part in parts[1:]))


def clean(*, number: int, seed: int) -> Iterator[str]:
    """So many texts of one to three sentences with nothing in them that identifies anybody."""
    chance = random.Random(seed)
    for _ in range(number):
        yield " ".join(clean_sentence(chance, chance.choice(CLEAN)) for _ in range(chance.choice([1, 1, 2, 3])))
