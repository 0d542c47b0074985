"""Every check there is, by id: those of each module here."""

from importlib import import_module
from pkgutil import iter_modules

from sandbox_server.certification.check import checks_of

CHECKS = checks_of(import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__))
