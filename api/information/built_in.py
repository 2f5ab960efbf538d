"""The service's own texts of the information pages, until an organisation writes its own."""

from enum import StrEnum
from typing import Final


class Page(StrEnum):
    """An information page, by the last step of its address."""

    HELP = "help"
    ACCESSIBILITY = "accessibility"
    PRIVACY = "privacy"
    COOKIES = "cookies"

    @property
    def heading(self) -> str:
        return _TITLES[self]


_TITLES: Final = {
    Page.HELP: "Help",
    Page.ACCESSIBILITY: "Accessibility statement",
    Page.PRIVACY: "Privacy notice",
    Page.COOKIES: "Cookies",
}

TEXTS: Final = {
    Page.HELP: """Your home page shows what to do next.

## Score an audit

Open an audit from your home page and select Start. Answer each theme and select Save and continue. What you type is
kept as a draft until you save it. When every theme has an answer, select Check your answers and submit.

## Check audits

Select Check audits. Open an audit, confirm or change each answer, then agree the audit or return it with a reason.

## Plan a round

Select Rounds, then Plan a round. Import a case list, draw a sample, allocate the audits and open the round.

## Raise an urgent concern

If a child may be at risk now, follow your organisation’s safeguarding procedure. Then select Raise an urgent
concern on the page of the audit.

## Get help

- If you cannot sign in, ask an administrator for a new sign-in link.
- If a message is not clear, read [what error messages mean](/problems).
- For anything else, contact the person who runs this service in your organisation.
""",
    Page.ACCESSIBILITY: """We want as many people as possible to be able to use this service. You should be able to:

- zoom in up to 400% without text going off the screen
- use the service with a keyboard or with speech recognition software
- listen to the service with a screen reader
- use the service without JavaScript

## How accessible this service is

The service is designed to meet the Web Content Accessibility Guidelines (WCAG) version 2.2, level AA. Its pages are
tested with the checker axe, on wide screens and on phones. Nobody outside the project has audited it
yet.

Charts in reports are also shown as tables with the same numbers.

## Report a problem

If you find a problem or need information in another format, contact the person who runs this service in your
organisation.
""",
    Page.PRIVACY: """Your organisation runs this service and is the controller of the personal data in it.

## What is stored about you

- your name, your email address and your roles
- the audits, comments and decisions that you make
- a record of what you do in the service and when, which cannot be changed
- the browser and system of your sessions, such as Firefox on Windows
- when you signed in and, for 1 day, how many times someone tried to sign in

## What is stored about children and families

Case files are pseudonymised. The service stores a reference, a team and bands such as age. It does not store names,
dates of birth or addresses. Your organisation keeps the key that links a reference to a person.

Pseudonymised data is still personal data. Do not enter anything that identifies a person.

## How the data is used

The data is used to check and improve practice. It is not shared outside your organisation, except as reports
without personal data.

## Your rights

To see or correct your data, or to ask a question, contact your organisation’s data protection officer.
""",
    Page.COOKIES: """This service uses only cookies that it needs to work. It does not use cookies for analytics or
advertising.

## Cookies that we use

- “caseaudit” keeps you signed in. It ends when you sign out or close the browser.
- “caseaudit-known” recognises a browser from which you have signed in, to protect your account. It lasts 180 days.
- “caseaudit-notice” shows a message once after you save a form. It lasts 1 minute.

Behind HTTPS the names of the first 2 begin with “__Host-”, or with “__Secure-” where
the service shares its web address.

The browser also stores the time at which you last used the service, to warn you before you are signed out.
""",
}
