"""`delayEvent`: events come some time after they happened."""

from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from sandbox_server.middleware.faults import pages
from sandbox_server.middleware.faults.effect import About, Effect
from sandbox_server.middleware.faults.stage import Answer, Stage


class DelayEventEffect(Effect):
    """Holds back what has just happened."""

    about = About(
        "delayEvent",
        "The feed ends before the first event that is younger than so many seconds of virtual time. Its "
        "cursor leads to that event: it comes when its time has come, and nothing is lost.",
        {"match": {"operation": "listEvents"}, "effect": {"delayEvent": {"seconds": 600}}},
        operations=pages.FEED,
        member="seconds",
    )

    async def play(self, given: Any, stage: Stage) -> None:
        """Answer with the feed as it was."""
        answer = await stage.collect()
        past = await feed_until(stage.tenant.now() - timedelta(seconds=given["seconds"]), answer, stage)
        await stage.answer(past, instead_of=answer)


async def feed_until(instant: datetime, answer: Answer, stage: Stage) -> Answer:
    """
    Return a page of the feed without what happened after an instant.

    Args:
        answer: The page as it is.
    """
    page = pages.page_of(answer)
    if page is None:
        return answer
    latest = f"{instant.isoformat(timespec='milliseconds')[:-6]}Z"
    told = list(takewhile(lambda event: event["timestamp"] <= latest, page["items"]))
    if len(told) == len(page["items"]):
        return answer
    if told:  # a page of just these has the cursor that leads on from the last of them
        pages.ask(stage, limit=str(len(told)))
        return await stage.collect()
    cursor = pages.own_cursor(stage)
    return answer.with_json({"items": [], **({} if cursor is None else {"nextCursor": cursor})})
