"""Long work that others need not wait for: it stops wherever they may have their turn."""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Work done step by step, each a fraction of a millisecond; it returns what it came to."""
