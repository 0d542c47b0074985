"""What a person has to put right before a load can be run."""


class CannotRun(Exception):
    """A run that cannot begin; the message is one line that says what to do."""
