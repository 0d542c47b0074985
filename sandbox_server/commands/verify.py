"""`verify`: whether a bundle says what its evidence says, wherever it was made."""

import sys
from pathlib import Path

import click

from sandbox_server.commands.verdict import ConfigurationAware, Unfit

ALTERED = 1


@click.command(cls=ConfigurationAware)
@click.argument("bundle", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(bundle: Path) -> None:
    """
    Judge a bundle of `certify` again, and say what was altered.

    Exit status: 0 everything is as it was told; 1 something is not; 4 the file is no bundle.
    """
    import json  # noqa: PLC0415

    from sandbox_server.certification import bundle as bundles  # noqa: PLC0415

    try:
        files = bundles.open_bundle(bundle)
        found = list(bundles.alterations(files))
    except bundles.DamagedBundle as error:
        raise Unfit(str(error)) from error
    if found:
        for line in found:
            click.echo(line)
        sys.exit(ALTERED)
    report = json.loads(files[bundles.REPORT])
    click.echo(f"{report['plan']}: {report['overall']}. The evidence is whole, and judged again it says the same.")
