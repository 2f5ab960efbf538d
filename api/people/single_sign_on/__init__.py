"""Single sign-on: signing in with the organisation's own provider (OpenID Connect)."""
