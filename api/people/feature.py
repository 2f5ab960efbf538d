"""People: what this room registers."""

from api.foundation.background import HOUSEKEEPING
from api.foundation.events import EVENT_TEXTS
from api.foundation.feature import Feature, RoutesAt
from api.foundation.hooks import Later
from api.foundation.http.problem_details import CONSTRAINT_TEXTS
from api.foundation.pages.home_page import FIRST_STEPS, TASKS, TaskSource
from api.foundation.pages.menu import MENU, MenuEntry, Section
from api.foundation.permissions import Permission

FEATURE = Feature(
    routes=(
        RoutesAt("api.people.account.routes", "/me"),
        RoutesAt("api.people.sessions.routes", "/me/sessions"),
        RoutesAt(
            "api.people.second_factor.routes", "/me/second-factor", "/second-factor-rule", "/people/*/second-factor"
        ),
        RoutesAt("api.people.single_sign_on.routes", "/single-sign-on", "/people/*/single-sign-on"),
        RoutesAt("api.people.routes", "/people"),
        RoutesAt("api.people.access.routes", "/access-requests"),
        RoutesAt("api.people.availability.routes", "/people/*/duties"),
        RoutesAt("api.people.key_holder.routes", "/key-holder"),
        RoutesAt("api.people.teams.routes", "/teams"),
        RoutesAt("api.people.tokens.routes", "/me/tokens", "/tokens"),
    ),
    pages=(
        RoutesAt("api.people.account.pages", "/account"),
        RoutesAt("api.people.sessions.pages", "/account/sessions"),
        RoutesAt("api.people.second_factor.pages", "/account/second-factor"),
        RoutesAt("api.people.second_factor.rule_pages", "/second-factor", "/people/*/second-factor"),
        RoutesAt("api.people.single_sign_on.pages", "/sign-in/provider"),
        RoutesAt("api.people.single_sign_on.rule_pages", "/single-sign-on", "/people/*/single-sign-on"),
        RoutesAt("api.people.sign_in.proving_pages", "/sign-in/code", "/sign-in/again"),
        RoutesAt("api.people.sign_in.pages", "/link/*", "/sign-in", "/sign-out"),
        RoutesAt("api.people.inviting.pages", "/people/invite"),
        RoutesAt("api.people.pages", "/people"),
        RoutesAt("api.people.access.pages", "/access"),
        RoutesAt("api.people.availability.pages", "/people/*/duties"),
        RoutesAt("api.people.key_holder.pages", "/key-holder"),
        RoutesAt("api.people.teams.pages", "/teams"),
        RoutesAt("api.people.tokens.pages", "/account/tokens", "/tokens"),
    ),
    provides=(
        EVENT_TEXTS.by(
            {
                "key-holder.named": "Key-holder named by {who}",
                "organisation.exported": "Everything exported as files by {who}",
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
                "person.password-refused": "Password refused because the organisation uses single sign-on",
                "person.proved-again": "Password or passkey entered again by {who}",
                "person.provider-linked": "Account at the sign-in provider linked by {who}",
                "person.provider-refused": "Sign-in with the provider refused",
                "person.provider-unlinked": "Link to the account at the sign-in provider removed by {who}",
                "person.recovery-codes-made": "New recovery codes created by {who}",
                "person.roles-of-groups": "Roles changed by the groups of {who}",
                "person.second-factor-added": "Second factor set up by {who}",
                "person.second-factor-failed": "Incorrect code or passkey entered",
                "person.second-factor-removed": "Second factor removed by {who}",
                "person.session-ended": "Session ended by {who}",
                "person.sessions-ended": "All sessions ended by {who}",
                "person.sign-in-failed": "Incorrect password entered",
                "person.signed-in": "{who} signed in",
                "person.signed-out": "{who} signed out",
                "person.signed-out-by-provider": "Signed out by the sign-in provider",
                "second-factor.rule-changed": "Roles that need a second factor changed by {who}",
                "single-sign-on.changed": "Single sign-on changed by {who}",
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
            MenuEntry("Single sign-on", "/single-sign-on", Permission.WRITE_PEOPLE, Section.ORGANISATION, place=16),
            MenuEntry("Teams", "/teams", Permission.WRITE_TEAMS, Section.ORGANISATION, place=20),
            MenuEntry("Key-holder", "/key-holder", Permission.WRITE_KEY_HOLDER, Section.ORGANISATION, place=25),
            MenuEntry("Integrations", "/tokens", Permission.WRITE_TOKENS, Section.ORGANISATION, place=40),
        ),
        FIRST_STEPS.by(Later("api.people.first_steps", "TEAMS"), Later("api.people.first_steps", "PEOPLE")),
        TASKS.by(
            TaskSource(5, Later("api.people.home_page", "second_factor_to_set_up")),
            TaskSource(60, Later("api.people.home_page", "access_to_confirm")),
        ),
        HOUSEKEEPING.by(
            Later("api.people.sign_in.attempts", "delete_old_counts"),
            Later("api.people.single_sign_on.actions", "delete_spent"),
        ),
        CONSTRAINT_TEXTS.by(
            {
                "uq_organisation_name": "An organisation with this name already exists.",
                "uq_person_email": "A person with this email address already exists.",
                "uq_team_organisation_id_name": "A team with this name already exists.",
            }
        ),
    ),
)
