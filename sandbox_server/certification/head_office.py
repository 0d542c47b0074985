"""The chain's head office, which wants this or that price, and makes mistakes."""

import json
from collections.abc import Sequence
from datetime import timedelta

from sandbox_server.certification.checks.prices import WANT, is_price, place_of, terms_of
from sandbox_server.certification.evidence import Wire
from sandbox_server.certification.stage import Stage


def want(stage: Stage, prices: Sequence[Wire], within: timedelta) -> None:
    """
    Want other prices than before, and wait until the marketplace was told them; nothing, where the client has no list.

    Args:
        within: Virtual time after which that is waited for no longer.
    """
    if stage.prices_file is None:
        return
    stage.note(WANT, list(prices), None)
    draft = stage.prices_file.with_suffix(".draft")
    draft.write_text(json.dumps(prices), "utf-8")
    draft.replace(stage.prices_file)
    stage.until("prices to be told", lambda: _is_told(stage, prices), within)


def _is_told(stage: Stage, prices: Sequence[Wire]) -> bool:
    told = {place_of(price): terms_of(price) for price in stage.prices()}
    return all(told.get(place_of(price)) == terms_of(price) for price in prices if is_price(price))
