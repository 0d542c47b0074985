"""What all commands against a running sandbox share: where it is, who calls, and how its answers are told."""

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Concatenate, NamedTuple, ParamSpec

import click

if TYPE_CHECKING:
    from sandbox_server.remote import Query, Sandbox

P = ParamSpec("P")
Cell = str | int | float | None
_URL = "http://127.0.0.1:8080"
_UNAUTHENTICATED = 401


class Styled(NamedTuple):
    """A text in a colour, or in another of rich's styles."""

    text: str
    style: str


class Operator:
    """
    Somebody who works a sandbox from the shell.

    Args:
        sandbox: The sandbox.
        tenant: The tenant that is meant.
        as_json: Whether answers are printed as they come.
    """

    def __init__(self, sandbox: "Sandbox", tenant: str, *, as_json: bool) -> None:
        self._sandbox = sandbox
        self.tenant = tenant
        self.as_json = as_json

    def call(self, method: str, path: str, body: object = None, query: "Query | None" = None) -> Any:
        """
        Call an operation of the sandbox.

        Raises:
            click.ClickException: It came to nothing.
        """
        with _in_plain_words():
            return self._sandbox.call(method, path, body, query)

    def own(self, method: str, path: str, body: object = None, query: "Query | None" = None) -> Any:
        """
        Call an operation of the tenant; the path is what stands behind its name.

        Raises:
            click.ClickException: It came to nothing.
        """
        return self.call(method, self.path(path), body, query)

    def save(self, path: str, file: Path, query: "Query | None" = None) -> None:
        """
        Write what an operation of the tenant answers into a file, whole or not at all, and say so.

        Raises:
            click.ClickException: It came to nothing.
        """
        part = file.with_name(f".{file.name}.part")
        try:
            with part.open("wb") as into, _in_plain_words():
                self._sandbox.download(self.path(path), into, query)
            size = part.stat().st_size
            part.replace(file)
        except OSError as error:
            raise click.FileError(str(file), error.strerror) from error
        finally:
            part.unlink(missing_ok=True)
        self.tell({"file": str(file), "bytes": size}, f"{file}: {size / 1e6:.1f} MB.")

    def upload(self, path: str, file: IO[bytes], query: "Query | None" = None) -> Any:
        """
        Send a file to an operation of the sandbox.

        Raises:
            click.ClickException: It came to nothing.
        """
        with _in_plain_words():
            return self._sandbox.upload(path, file, query)

    def path(self, rest: str) -> str:
        """Return a path below the tenant."""
        return f"/tenants/{named(self.tenant)}{rest}"

    def tell(self, answer: Any, *lines: str) -> None:
        """Print lines for people, or the answer itself where that is wanted."""
        if self.as_json:
            click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        else:
            click.echo("\n".join(lines))

    def table(
        self, answer: Any, columns: Sequence[str], row: Callable[[Any], Sequence["Cell | Styled"]], nothing: str
    ) -> None:
        """
        Print what is listed, a sentence where that is nothing, or the answer itself.

        Args:
            columns: Heads, as `screen.show_table` takes them.
            row: Makes the cells of one item.
        """
        if self.as_json or not answer["items"]:
            self.tell(answer, nothing)
        else:
            show_table(columns, map(row, answer["items"]))


class DefaultGroup(click.Group):
    """A group of commands that takes one of them for meant where none is named."""

    default = "list"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command's name before options that stand alone."""
        helps = self.get_help_option_names(ctx)
        if not args or (args[0].startswith("-") and args[0] not in helps):
            args = [self.default, *args]
        return super().parse_args(ctx, args)


def operated(command: Callable[Concatenate[Operator, P], None]) -> Callable[..., None]:
    """Give a command the options that say which sandbox is meant, and an operator of it."""

    @functools.wraps(command)
    def with_operator(
        *args: Any, url: str, tenant: str, operator_token: str | None, as_json: bool, **kwargs: Any
    ) -> None:
        from sandbox_server.remote import Sandbox  # noqa: PLC0415 - a help text calls nobody

        try:
            sandbox = Sandbox(url, operator_token)
        except ValueError as error:
            raise click.BadParameter(f"{error}.", param_hint="'--url'") from error
        command(Operator(sandbox, tenant, as_json=as_json), *args, **kwargs)

    taking: Callable[..., None] = with_operator
    for option in reversed(_OPTIONS):
        taking = option(taking)
    return taking


_OPTIONS = (
    click.option("--url", envvar="SANDBOX_URL", default=_URL, show_default=True, show_envvar=True, help="The sandbox."),
    click.option("--tenant", default="default", show_default=True, help="The tenant that is meant."),
    click.option(
        "--operator-token",
        envvar="SANDBOX_OPERATOR_TOKEN",
        show_envvar=True,
        help="The token that the sandbox was started with.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print the answer as it came."),
)


def named(name: str) -> str:
    """Return a name as it stands in a path."""
    from sandbox_server.remote import in_path  # noqa: PLC0415 - a help text calls nobody

    return in_path(name)


def show_table(columns: Sequence[str], rows: Iterable[Sequence["Cell | Styled"]]) -> None:
    """Print a table, as `screen.show_table` does."""
    from sandbox_server.commands import screen  # noqa: PLC0415 - what draws tables takes longer to load than a help text

    screen.show_table(columns, rows)


def every_page(operator: Operator, path: str) -> dict[str, Any]:
    """Return a list of the sandbox in one piece."""
    items: list[Any] = []
    cursor: str | None = None
    while True:
        page = operator.call("GET", path, query={"limit": 100, "cursor": cursor})
        items += page["items"]
        cursor = page.get("nextCursor")
        if cursor is None:
            return {"items": items}


def _program() -> str:
    return click.get_current_context().find_root().info_name or "acorn-sandbox"


@contextmanager
def _in_plain_words() -> Iterator[None]:
    from sandbox_server.remote import NoSandbox, Refused, SandboxError  # noqa: PLC0415

    try:
        yield
    except NoSandbox as error:
        advice = f"Start one with '{_program()} serve', or say where it is with --url (or SANDBOX_URL)."
        raise click.ClickException(f"{error} {advice}") from error
    except Refused as error:
        advice = "\nSay who you are with --operator-token (or SANDBOX_OPERATOR_TOKEN)."
        raise click.ClickException(f"{error}{advice if error.status == _UNAUTHENTICATED else ''}") from error
    except SandboxError as error:
        raise click.ClickException(str(error)) from error
