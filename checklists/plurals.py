"""Numbers of things in words."""


def plural(count: int, one: str, several: str = "") -> str:
    """1 audit, 2 audits, 1,200 audits; `several` where it is not `one` with an s."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"
