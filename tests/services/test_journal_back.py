"""The journal is read from its newest entry back."""

from sandbox_server.services.journal import Journal
from sandbox_server.services.search import Filters
from sandbox_server.services.segments import ENTRIES
from tests.services.test_journal import a_journal, append, numbers

EVERYTHING = Filters()


def back(journal: Journal, filters: Filters, limit: int, looked_at: int = 5000) -> list[list[int]]:
    pages, below = [], 0
    while True:
        page = journal.latest(filters, below, limit, looked_at)
        pages.append(numbers(page.entries))
        if page.next_after is None:
            return pages
        below = page.next_after


def test_an_empty_journal_is_one_empty_page() -> None:
    assert back(a_journal(), EVERYTHING, 10) == [[]]


def test_the_newest_comes_first_over_all_segments_and_each_entry_once() -> None:
    journal = a_journal()
    for _ in range(2 * ENTRIES + 5):
        append(journal)
    pages = back(journal, EVERYTHING, 100)
    assert [number for page in pages for number in page] == list(range(2 * ENTRIES + 5, 0, -1))
    assert len(pages[0]) == 100


def test_looking_back_ends_where_the_journal_has_let_entries_go() -> None:
    journal = a_journal(limit=3)
    for _ in range(8):
        append(journal)
    assert back(journal, EVERYTHING, 2) == [[8, 7], [6]]


def test_looking_back_finds_what_is_wanted_and_looks_at_so_many_entries_for_a_page() -> None:
    journal = a_journal()
    for number in range(1, 11):
        append(journal, operation="getOrder" if number in {2, 9} else "listOrders")
    wanted = Filters(operation="getOrder")
    assert back(journal, wanted, 5) == [[9, 2]]
    assert back(journal, wanted, 5, looked_at=4) == [[9], [], [2]]
    assert back(journal, Filters(operation="listStores"), 5) == [[]]


def test_calls_that_come_meanwhile_shift_nothing() -> None:
    journal = a_journal()
    for _ in range(4):
        append(journal)
    below = journal.latest(EVERYTHING, 0, 2).next_after
    append(journal)
    assert below is not None
    assert numbers(journal.latest(EVERYTHING, below, 2).entries) == [2, 1]
