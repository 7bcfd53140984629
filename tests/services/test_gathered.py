"""Questions of many threads: gathered while others are answered, and each answered for itself in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from time import monotonic, sleep

import pytest

from quitrent.services.gathered import Gathered

WAIT_SECONDS = 10


class Doubling:
    """Doubles numbers, and keeps what it was asked at a time; waits where it meets a number that is held."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.held: dict[int, Event] = {}

    def __call__(self, asked: Sequence[int]) -> list[int]:
        self.batches.append(list(asked))
        for one in asked:
            if one in self.held:
                assert self.held[one].wait(WAIT_SECONDS)
        if 13 in asked:
            raise ValueError("13 is not doubled")
        return [2 * one for one in asked]

    @contextmanager
    def holding(self, number: int) -> Iterator[None]:
        """Have a batch with this number wait."""
        self.held[number] = Event()
        try:
            yield
        finally:
            self.held[number].set()


def until(holds: Callable[[], bool]) -> None:
    give_up = monotonic() + WAIT_SECONDS
    while not holds():
        assert monotonic() < give_up
        sleep(0.001)


def asked_meanwhile(doubling: Doubling, at_once: int, first: int, others: Sequence[int]) -> list[Future[int]]:
    """Ask the first and, while that is held, the others; let it go on, and give what became of each."""
    gathered = Gathered(doubling, at_once)
    with ThreadPoolExecutor(1 + len(others)) as pool, doubling.holding(first):
        asked = [pool.submit(gathered.answer, first)]
        until(lambda: doubling.batches == [[first]])
        asked += [pool.submit(gathered.answer, one) for one in others]
        until(lambda: len(gathered._waiting) == len(others) or len(doubling.batches) > 1)
    return asked


def test_what_is_asked_while_others_are_answered_is_answered_together() -> None:
    doubling = Doubling()
    asked = asked_meanwhile(doubling, 1, 0, range(1, 6))
    assert [one.result() for one in asked] == [0, 2, 4, 6, 8, 10]
    assert [sorted(batch) for batch in doubling.batches] == [[0], [1, 2, 3, 4, 5]]


def test_what_is_asked_alone_is_answered_at_once() -> None:
    doubling = Doubling()
    gathered = Gathered(doubling, 1)
    assert [gathered.answer(number) for number in range(3)] == [0, 2, 4]
    assert doubling.batches == [[0], [1], [2]]


def test_who_asks_what_fails_is_told_and_the_others_have_their_answers() -> None:
    asked = asked_meanwhile(Doubling(), 1, 0, [1, 13, 2])
    assert [asked[place].result() for place in (0, 1, 3)] == [0, 2, 4]
    with pytest.raises(ValueError, match="13 is not doubled"):
        asked[2].result()


def test_where_a_batch_is_kept_waiting_another_goes_on_beside_it() -> None:
    doubling = Doubling()
    gathered = Gathered(doubling, 2)
    with ThreadPoolExecutor(2) as pool, doubling.holding(0):
        waits = pool.submit(gathered.answer, 0)
        until(lambda: doubling.batches == [[0]])
        assert pool.submit(gathered.answer, 1).result(WAIT_SECONDS) == 2
        assert not waits.done()
    assert waits.result() == 0


def test_everyone_in_a_crowd_gets_the_answer_to_its_own_question() -> None:
    gathered = Gathered(Doubling(), 2)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(gathered.answer, range(20, 2_020))) == [2 * number for number in range(20, 2_020)]
