"""Work that may hang, in a thread of its own, which is left to itself once nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")

_LOOK_SECONDS = 0.05


def wait_for(work: Callable[[], Result], look: Callable[[], None], name: str) -> Future[Result]:
    """Run `work`, and return what it came to: its result or what it raised. `look` is called often meanwhile.

    What `look` raises is raised at once, whatever `work` is at: its thread, called `name`, goes on unheeded and keeps
    no process from ending. A thread cannot be stopped from outside, and a socket may hang for long.
    """
    future: Future[Result] = Future()
    done = threading.Event()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # belongs to who waits
            future.set_exception(error)
        done.set()

    threading.Thread(target=run, name=name, daemon=True).start()
    look()
    while not done.wait(_LOOK_SECONDS):
        look()
    return future
