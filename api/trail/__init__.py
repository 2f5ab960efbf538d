"""The trail: checkpoints, verification, events in plain words, the history of an audit."""

# The modules that rooms above may use.
OFFERS: tuple[str, ...] = ("checkpoint_signer", "checkpoints", "verifying")
