"""Why a suite could not begin or go on."""


class Misconfigured(Exception):
    """The run cannot begin; the message is one line that says what to do."""


class Unavailable(Exception):
    """A probe lacks what it needs here; the message says what."""
