"""Worlds: fixtures in YAML, the worlds that are made of them from a seed, and the cache of those that were made."""

from sandbox_server.worlds.errors import FixtureError
from sandbox_server.worlds.opening import World, open_world
from sandbox_server.worlds.schema import Login, Progress

__all__ = ["FixtureError", "Login", "Progress", "World", "open_world"]
