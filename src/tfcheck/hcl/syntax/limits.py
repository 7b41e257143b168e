"""Limit how much of the sources is read: an attacker may have written them."""

from __future__ import annotations

#: Characters of one file, and of one string in a JSON file. Real files stay below 1 MB.
CHARACTERS = 4_000_000
#: Steps of about a microsecond that reading may take, for all files of one configuration together. Walking over 6 MB of
#: public configurations takes half of it.
STEPS = 2_000_000
#: The steps of one more argument or block, one more stretch of code that is passed over, one more token that is parsed.
ITEM, STRETCH, TOKEN = 6, 2, 4
#: How many characters of a file, and of the text of a template, cost a step.
TEXT = 20


#: Why something is not read.
TOO_LONG = f"limit: longer than {CHARACTERS:,} characters"
TOO_MUCH = "limit: the sources are too large to be read as a whole"


class Reading:
    """Counts down the steps that are left for reading."""

    def __init__(self, steps: int = STEPS) -> None:
        self.steps = steps

    def take(self, steps: int) -> bool:
        """Take steps away. Whether there were enough; once there were not, there never are."""
        self.steps = self.steps - steps if self.steps >= 0 else self.steps
        return self.steps >= 0
