"""Contracts of any origin: read, and refused in one sentence where they are none."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

from sandbox_server.api.contract import Contract

_LONGEST = 200  # characters of somebody else's message


class NotAContract(Exception):
    """A file that is no OpenAPI document that can be judged by; its text says why, in one sentence."""


def read_contract(file: Path) -> Contract:
    """
    Return the contract in a file.

    Raises:
        NotAContract: It is not there, or is not OpenAPI 3.0.
    """
    try:
        contract = Contract(file.read_bytes())
    except OSError as error:
        raise NotAContract(f"{file} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise NotAContract(f"{file} is neither YAML nor JSON: {_flat(error)}") from error
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise NotAContract(f"{file} is not an OpenAPI document.") from error
    _check(file, contract.document)
    return contract


def _check(file: Path, document: dict[str, Any]) -> None:
    version = document.get("openapi")
    if version is None:
        raise NotAContract(f"{file} is not an OpenAPI document: it has no member `openapi`.")
    if not str(version).startswith("3.0."):
        raise NotAContract(f"{file} is OpenAPI {version}; only OpenAPI 3.0 can be judged by.")
    outside = next(_references_outside(document), None)
    if outside is not None:
        raise NotAContract(f"{file} refers to {outside}, which is another file; bundle them into one first.")
    error = next(OpenAPIV30SpecValidator(document).iter_errors(), None)
    if error is not None:
        at = "".join(f"/{step}" for step in getattr(error, "absolute_path", ()))
        raise NotAContract(f"{file} is not valid OpenAPI{f' at {at}' if at else ''}: {_flat(error)}")


def _references_outside(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            yield reference
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _references_outside(child)


def _flat(error: Exception) -> str:
    text = " ".join(str(error).split()).partition(" Failed validating")[0]
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
