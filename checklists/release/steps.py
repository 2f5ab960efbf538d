"""A limit on computing, in steps and not in time: the same input ends at the same place on every machine."""


class OutOfStepsError(Exception):
    """The computation used all the steps that it was allowed, and has no answer."""


class Steps:
    """A number of steps. A loop takes one for each piece of work of about the same size."""

    __slots__ = ("allowed", "left")

    def __init__(self, allowed: int) -> None:
        self.allowed = self.left = allowed

    @property
    def taken(self) -> int:
        return self.allowed - self.left

    def take(self, number: int = 1) -> None:
        """Raises OutOfStepsError when there are not this many left."""
        self.left -= number
        if self.left < 0:
            raise OutOfStepsError(f"more than {self.allowed} steps")
