"""
Suites that hold a server against the contract, over HTTP alone.

Nothing here knows how the sandbox works inside: a rule of the contract is stated a second time, from its text, so that
a mistake in the server is not repeated by its judge.
"""
