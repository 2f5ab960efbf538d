"""Why a file as a whole is refused."""


class UnreadableError(Exception):
    """The file as a whole is refused. The message says why and how to fix it, and repeats nothing of its content."""
