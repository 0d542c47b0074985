"""Who installed no extra can serve: what only extras bring is imported where it is needed, and not before."""

import subprocess
import sys

EXTRAS = ("psycopg", "schemathesis", "openapi_core", "openapi_spec_validator", "locust", "pytest", "hypothesis")
WITHOUT_THEM = f"""
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {EXTRAS!r}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Missing())
import sandbox_server.cli, sandbox_server.hosting, sandbox_server.serving
"""


def test_a_server_needs_nothing_that_an_extra_brings() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_THEM], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
