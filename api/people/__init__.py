"""People: signing in, accounts, roles, teams, tokens, and availability for audits."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = (
    "actions",
    "availability.actions",
    "hooks",
    "key_holder.actions",
    "key_holder.queries",
    "open_work",
    "organisations",
    "second_factor.commands",
    "second_factor.rule",
    "sign_in.actions",
    "sign_in.pages",
    "sign_in.proving_pages",
    "single_sign_on.commands",
    "single_sign_on.provider.client",
    "single_sign_on.provider.examining",
    "teams.actions",
    "teams.queries",
    "tokens.actions",
)
