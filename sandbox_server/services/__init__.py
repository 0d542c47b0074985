"""
What the marketplace does, one module a resource: each function is a step inside a transaction that its caller opens.

A request is one transaction; so is what the clock does when something is due; a world's history is played in one.
"""
