"""Where contracts, fixtures and load tests are: beside the package in a checkout, inside it in a wheel."""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# The wheel first: beside an installed package lie other projects' folders.
_ROOTS = (_PACKAGE / "_bundled", _PACKAGE.parent)


class ResourceNotFound(LookupError):
    """A contract or fixture that this installation does not have."""


def contract_path(name: str) -> Path:
    """
    Return the path of a file or folder of contracts/, such as "marketplace.yaml".

    Raises:
        ResourceNotFound: There is none of that name.
    """
    return _find("contracts", name)


def fixture_path(name: str) -> Path:
    """
    Return the path of a file or folder of fixtures/, such as "small_chain.yaml".

    Raises:
        ResourceNotFound: There is none of that name.
    """
    return _find("fixtures", name)


def make_importable(package: str) -> Path:
    """
    Have a package that lies beside this one, such as load_tests, be found by `import`, and return the folder it is in.

    Raises:
        ResourceNotFound: This installation has none of that name.
    """
    for root in _ROOTS:
        if (root / package).is_dir():
            if str(root) not in sys.path:
                sys.path.append(str(root))
            return root
    raise ResourceNotFound(f"this installation has no {package}")


def _find(folder: str, name: str, roots: tuple[Path, ...] = _ROOTS) -> Path:
    for root in roots:
        home = (root / folder).resolve()
        path = (home / name).resolve()
        # A name comes from the command line; it names something in the folder, not a way out of it.
        if path.is_relative_to(home) and path.exists():
            return path
    homes = [root / folder for root in roots if (root / folder).is_dir()]
    if not homes:
        looked = " and ".join(str(root / folder) for root in roots)
        raise ResourceNotFound(f"this installation has no {folder}: looked in {looked}")
    known = sorted(path.name for home in homes for path in home.iterdir() if not path.name.startswith((".", "_")))
    raise ResourceNotFound(f"there is no {name!r} in {homes[0]}, which has: {', '.join(known) or 'nothing'}")
