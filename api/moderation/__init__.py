"""Moderation: reviewing answers, comments, sign-off and reopening."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("actions", "limits", "sign_off")
