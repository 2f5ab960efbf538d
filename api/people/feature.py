"""People: what this room registers."""

from api.foundation.background import HOUSEKEEPING
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.pages.start_page import FIRST_STEPS, TASKS, TaskSource
from api.foundation.permissions import Permission
from api.people import first_steps, pages, routes, start_page
from api.people.access import pages as access_pages
from api.people.access import routes as access_routes
from api.people.account import pages as account_pages
from api.people.account import routes as account_routes
from api.people.availability import pages as availability_pages
from api.people.availability import routes as availability_routes
from api.people.inviting import pages as inviting_pages
from api.people.key_holder import pages as key_holder_pages
from api.people.key_holder import routes as key_holder_routes
from api.people.second_factor import pages as second_factor_pages
from api.people.second_factor import routes as second_factor_routes
from api.people.second_factor import rule_pages
from api.people.sessions import pages as session_pages
from api.people.sessions import routes as session_routes
from api.people.sign_in import attempts, proving_pages
from api.people.sign_in import pages as sign_in_pages
from api.people.teams import pages as team_pages
from api.people.teams import routes as team_routes
from api.people.tokens import pages as token_pages
from api.people.tokens import routes as token_routes

FEATURE = Feature(
    routes=(
        account_routes.router,
        session_routes.router,
        second_factor_routes.router,
        routes.router,
        access_routes.router,
        availability_routes.router,
        key_holder_routes.router,
        team_routes.router,
        token_routes.router,
    ),
    pages=(
        account_pages.router,
        session_pages.router,
        second_factor_pages.router,
        rule_pages.router,
        sign_in_pages.router,
        proving_pages.router,
        inviting_pages.router,
        pages.router,
        access_pages.router,
        availability_pages.router,
        key_holder_pages.router,
        team_pages.router,
        token_pages.router,
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "key-holder.named": "Key-holder named by {who}",
                "organisation.made": "Organisation created by {who}",
                "person.access-confirmed": "Access to audits confirmed by {who}",
                "person.access-declined": "Access to audits declined by {who}",
                "person.access-waits": "Access to audits asked for by {who}",
                "person.account-changed": "Account changed by {who}",
                "person.changed": "Person changed by {who}",
                "person.duties-changed": "Availability of a person changed by {who}",
                "person.invited": "Person invited by {who}",
                "person.link-issued": "Sign-in link created by {who}",
                "person.password-changed": "Password changed by {who}",
                "person.password-chosen": "Password set by {who}",
                "person.proved-again": "Password or passkey entered again by {who}",
                "person.recovery-codes-made": "New recovery codes created by {who}",
                "person.second-factor-added": "Second factor set up by {who}",
                "person.second-factor-failed": "Incorrect code or passkey entered",
                "person.second-factor-removed": "Second factor removed by {who}",
                "person.session-ended": "Session ended by {who}",
                "person.sessions-ended": "All sessions ended by {who}",
                "person.sign-in-failed": "Incorrect password entered",
                "person.signed-in": "{who} signed in",
                "person.signed-out": "{who} signed out",
                "second-factor.rule-changed": "Roles that need a second factor changed by {who}",
                "team.made": "Team created by {who}",
                "team.renamed": "Team renamed by {who}",
                "team.restored": "Team restored by {who}",
                "team.retired": "Team retired by {who}",
                "token.made": "Token created by {who}",
                "token.revoked": "Token revoked by {who}",
            }
        ),
        MENU.by(
            MenuEntry("People", "/people", Permission.READ_PEOPLE, Section.ORGANISATION, place=10),
            MenuEntry("Access to confirm", "/access", Permission.READ_AUDITS, Section.HOME, place=30),
            MenuEntry("Second factor", "/second-factor", Permission.WRITE_PEOPLE, Section.ORGANISATION, place=15),
            MenuEntry("Teams", "/teams", Permission.WRITE_TEAMS, Section.ORGANISATION, place=20),
            MenuEntry("Key-holder", "/key-holder", Permission.WRITE_KEY_HOLDER, Section.ORGANISATION, place=25),
            MenuEntry("Integrations", "/tokens", Permission.WRITE_TOKENS, Section.ORGANISATION, place=40),
        ),
        FIRST_STEPS.by(first_steps.TEAMS, first_steps.PEOPLE),
        TASKS.by(TaskSource(5, start_page.second_factor_to_set_up), TaskSource(60, start_page.access_to_confirm)),
        HOUSEKEEPING.by(attempts.delete_old_counts),
        CONSTRAINT_TEXTS.by(
            {
                "uq_organisation_name": "An organisation with this name already exists.",
                "uq_person_email": "A person with this email address already exists.",
                "uq_team_organisation_id_name": "A team with this name already exists.",
            }
        ),
    ),
)
