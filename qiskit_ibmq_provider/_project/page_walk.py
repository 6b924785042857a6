# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The walk through the pages of a list of jobs: one after the other, and many at once where the server's pages are small."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, Final, Generic, TypeVar, Union

from qiskit_ibmq_provider._project.job_query import JobQuery
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.filters import Clause, Compare, Operator, conjunction
from qiskit_ibmq_provider.protocol.timestamps import parse_utc

__all__ = ["FetchPage", "walk_pages"]

_PAGE: Final = 500
"""How many jobs to ask for at once where the caller sets no limit. The server may give fewer."""

_FIRST_PAGE: Final = 25
"""How many jobs to ask for first where the caller may need only some of them. Each later page is twice as large."""

_MAX_EXCLUDED: Final = 400
"""How many ids a request names as seen already. The filter travels in the URL, whose length servers limit."""

_AT_ONCE: Final = 12
"""How many pages are asked for at the same time."""

_T = TypeVar("_T")

FetchPage = Callable[[int, int, bool, Clause], Sequence[_T]]
"""``fetch(limit, skip, descending, where)`` gets one page from the server. It is called from several threads."""


def walk_pages(
    fetch: FetchPage[_T],
    query: JobQuery,
    stamp: Callable[[_T], tuple[str, str]],
    *,
    hurried: bool = False,
) -> Iterator[_T]:
    """Yield the jobs of a query, page by page, each of them once.

    A page begins where the one before ended: at the creation date of its last job, without the jobs of that very date that were seen.
    Jobs that share a date are so neither left out nor repeated, and the walk ends whatever the server does.

    A server that gives two pages of the same size, both smaller than asked for, has pages of that size: the next ones are asked for at
    the same time, by number. If they do not fit together, because the server orders jobs of one date differently each time, or knows no
    numbers, they are thrown away and the walk goes on one by one.

    Args:
        fetch: gets one page.
        query: what to ask for.
        stamp: gives id and creation date of an entry.
        hurried: begin with a small page, for who wants the first jobs soon and perhaps no more.

    Raises:
        ProtocolError: the server gives the same page again and again.
    """
    walk = _Walk(query, stamp)
    size = _FIRST_PAGE if hurried else query.limit or _PAGE
    small = 0
    while not walk.is_over:
        wanted = walk.wanted(size)
        page = fetch(wanted, walk.skip, query.descending, walk.where)
        size = min(2 * size, _PAGE) if hurried else size
        if not page:
            return
        new = walk.take(page)
        yield from new
        if walk.goes_in_circles:
            raise ProtocolError(
                "The server gives the same jobs whichever page is asked for, so the list cannot be completed. Ask for fewer jobs, with "
                "'limit', or for others."
            )
        if hurried or len(new) != len(page) or len(page) == wanted:
            small = -1
        elif len(page) != small:
            small = len(page) if small >= 0 else -1
        else:
            for pages in _many_at_once(fetch, walk, small):
                yield from walk.take(pages)
            small = -1


class _Walk(Generic[_T]):
    """How far a walk has come, and what its next page is asked by."""

    def __init__(self, query: JobQuery, stamp: Callable[[_T], tuple[str, str]]) -> None:
        self.query = query
        self._stamp = stamp
        self._seen: set[str] = set()
        self._boundary: Union[dt.datetime, str, None] = None
        self._at_boundary: list[str] = []
        self._fruitless = 0
        self.where: Clause = query.where
        self.skip = query.skip

    @property
    def is_over(self) -> bool:
        return self.query.limit is not None and len(self._seen) >= self.query.limit

    @property
    def goes_in_circles(self) -> bool:
        """Whether the server gives the same page again and again, so that it knows no way on."""
        return self._fruitless > 1

    def wanted(self, size: int) -> int:
        return size if self.query.limit is None else min(size, self.query.limit - len(self._seen))

    def fits(self, entries: Sequence[_T]) -> bool:
        ids = [self._stamp(entry)[0] for entry in entries]
        return len(set(ids)) == len(ids) and self._seen.isdisjoint(ids)

    def take(self, page: Sequence[_T]) -> list[_T]:
        """Go on to the end of a page that is not empty; return what is new in it, and still wanted."""
        new: list[_T] = []
        seen, limit = self._seen, self.query.limit
        for entry in page:
            if limit is not None and len(seen) >= limit:
                break
            job_id = self._stamp(entry)[0]
            if job_id not in seen:
                seen.add(job_id)
                new.append(entry)
        self._fruitless = 0 if new else self._fruitless + 1
        self._note_boundary(page)
        self._go_on_after(page)
        return new

    def _note_boundary(self, page: Sequence[_T]) -> None:
        """Note the jobs of the last date: the next page may hold more of it. Dates are only read as far as they matter."""
        last = _instant(self._stamp(page[-1])[1])
        tail: list[str] = []
        for entry in reversed(page):
            job_id, date = self._stamp(entry)
            if _instant(date) != last:
                break
            tail.append(job_id)
        tail.reverse()
        if len(tail) == len(page) and last == self._boundary:
            known = set(self._at_boundary)
            tail = self._at_boundary + [job_id for job_id in tail if job_id not in known]
        self._boundary, self._at_boundary = last, tail

    def _go_on_after(self, page: Sequence[_T]) -> None:
        order = Operator.LTE if self.query.descending else Operator.GTE
        cursor = Compare("creationDate", order, self._stamp(page[-1])[1])
        excluded = Compare("id", Operator.NIN, self._at_boundary[-_MAX_EXCLUDED:])
        self.where = conjunction(self.query.where, cursor, excluded)
        # Those that the filter does not name are passed by number; so is a page that the server repeated in spite of it.
        self.skip = max(0, len(self._at_boundary) - _MAX_EXCLUDED) + (len(page) if self._fruitless else 0)


def _many_at_once(fetch: FetchPage[_T], walk: _Walk[_T], size: int) -> Iterator[list[_T]]:
    """Yield the jobs that follow, from several pages of a size at a time, as long as the pages fit together.

    What the filter of the next page says holds for all of them: jobs that are made meanwhile do not move the numbers.
    """
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ibmq-pages") as executor:
        while not walk.is_over:
            count = _AT_ONCE
            if walk.query.limit is not None:
                count = min(4 * _AT_ONCE, -(-walk.wanted(walk.query.limit) // size))
            where, descending = walk.where, walk.query.descending
            skips = range(walk.skip, walk.skip + count * size, size)
            pages = list(executor.map(lambda skip: fetch(size, skip, descending, where), skips))  # noqa: B023 - map ends here
            while pages and not pages[-1]:
                pages.pop()
            entries: list[_T] = [entry for page in pages for entry in page]
            if not entries or len(entries) <= (len(pages) - 1) * size or not walk.fits(entries):
                return
            yield entries
            if len(entries) < count * size:
                return


def _instant(date: str) -> Union[dt.datetime, str]:
    try:
        return parse_utc(date)
    except ProtocolError:
        return date
