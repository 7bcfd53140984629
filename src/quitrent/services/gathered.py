"""Questions of many callers, answered together: those that come while others are being answered are one batch.

Nobody waits for others to come. Who asks first goes to work at once, for itself alone; who comes
meanwhile waits until that is done, and one of these then answers for all of them. So the busier it
is the larger the batches, and the less each question costs. Where a batch takes long, one of those
who wait goes to work beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

# A batch takes some milliseconds; one that takes longer is kept waiting itself, by a plugin or by the database.
PATIENCE_SECONDS = 0.1

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")


class Gathered(Generic[_Asked, _Answer]):
    """Answers questions; used by many threads."""

    def __init__(self, answer_all: Callable[[Sequence[_Asked]], Sequence[_Answer]], at_once: int) -> None:
        """Take what answers several questions, one for one, and how many such batches may be at work at once."""
        self._answer_all, self._most = answer_all, at_once
        self._at_work = 0
        self._lock = Lock()
        self._waiting: deque[_Place[_Asked, _Answer]] = deque()

    def answer(self, asked: _Asked) -> _Answer:
        """Give the answer to a question. Errors: those of answering it alone."""
        place: _Place[_Asked, _Answer] = _Place(asked)
        with self._lock:
            place.leads = not self._at_work
            if place.leads:
                self._at_work += 1
            else:
                self._waiting.append(place)
        if not place.leads:
            self._wait(place)
        if place.leads:
            self._lead(place)
        if place.answers:
            return place.answers[0]
        # A batch fails as a whole, whoever's question it was; the others may have an answer.
        return self._answer_all([asked])[0]

    def _wait(self, place: _Place[_Asked, _Answer]) -> None:
        if place.turn.acquire(timeout=PATIENCE_SECONDS):
            return
        with self._lock:
            if place in self._waiting and self._at_work < self._most:
                self._waiting.remove(place)
                self._at_work += 1
                place.leads = True
        if not place.leads:
            place.turn.acquire()

    def _lead(self, own: _Place[_Asked, _Answer]) -> None:
        """Answer for all who wait and for this thread, and leave those who come meanwhile to one of them."""
        with self._lock:
            places = [own, *self._waiting]
            self._waiting.clear()
        try:
            answers = self._answer_all([place.asked for place in places])
            for place, answer in zip(places, answers, strict=True):
                place.answers.append(answer)
        except Exception:
            if len(places) == 1:
                raise
        finally:
            self._pass_on()
            for place in places[1:]:
                place.turn.release()

    def _pass_on(self) -> None:
        with self._lock:
            if not self._waiting:
                self._at_work -= 1
                return
            following = self._waiting.popleft()
            following.leads = True
        following.turn.release()


class _Place(Generic[_Asked, _Answer]):
    """A question with its answer, once there is one; `leads` is whether it is for its thread to answer all."""

    __slots__ = ("answers", "asked", "leads", "turn")

    def __init__(self, asked: _Asked) -> None:
        self.asked = asked
        self.answers: list[_Answer] = []
        self.leads = False
        self.turn = Lock()
        self.turn.acquire()
