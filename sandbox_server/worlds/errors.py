"""What is wrong with a fixture."""


class FixtureError(ValueError):
    """A fixture that cannot be used; the message names the file, the place in it, and what would be right."""
