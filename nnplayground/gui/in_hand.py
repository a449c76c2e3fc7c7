"""The training in hand: a trainer, the run that is kept of it, and the answers about its network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnplayground.data import load
from nnplayground.engine.chunk import Chunk
from nnplayground.engine.probes import Reading, Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.gui.keeping import Keeping
from nnplayground.gui.messages import Built, Fork, Left
from nnplayground.gui.reel import Reel, begun, moment_of
from nnplayground.runs.history import History
from nnplayground.runs.moments import Moment, Moments
from nnplayground.runs.trajectory import next_stop

if TYPE_CHECKING:
    from nnplayground.engine.probing import Prober
    from nnplayground.engine.trainer import Trainer

Report = Callable[[float | None, str], None]


class InHand:
    """One training in training's thread, where all of it is called but `keeping`'s side of the window's."""

    def __init__(self, keeping: Keeping) -> None:
        self.keeping = keeping
        self.trainer: Trainer | None = None
        self.built: Built | None = None
        self.restored: int | None = None  # the best epoch, where the last piece of training ended by going back to it
        self.passed: Snapshot | None = None  # the network at the step, worth keeping, at which that piece ended
        self._prober: Prober | None = None
        self._reel = Reel(Moments())

    @property
    def stopped_by(self) -> str | None:
        """Why training cannot go on, or None."""
        return self.trainer.stopped_by if self.trainer is not None else None

    def is_of(self, built: Built) -> bool:
        """Whether the window was told so of the network in hand, be it with a history since."""
        return self.built is not None and self.built.first is built.first

    def made(
        self, experiment: Experiment, device: str | None, report: Report, cancelled: Callable[[], bool]
    ) -> Trainer:
        """Return a new network, on the device of the one before unless another is named.

        Raises ExperimentError, MemoryError, and Cancelled while data load.
        """
        import torch

        from nnplayground.engine.devices import threads_for
        from nnplayground.engine.trainer import Trainer

        old = self.trainer
        dataset = old.dataset_for(experiment) if old is not None else None
        if dataset is None:
            dataset = load(experiment.data, experiment.seeds.data, report, cancelled)
        where = device or (old.device.type if old is not None else "cpu")
        with telling_of_memory():
            trainer = Trainer(experiment, device=where, dataset=dataset)
        torch.set_num_threads(threads_for(trainer.work))
        return trainer

    def forked(self, experiment: Experiment) -> Trainer:
        """Return a trainer in the very state of the one in hand, with other live knobs.

        Raises ExperimentError and MemoryError.
        """
        from nnplayground.engine.race import forked

        assert self.trainer is not None
        with telling_of_memory():
            return forked(self.trainer, experiment)

    def take(
        self,
        trainer: Trainer,
        first: Snapshot | None = None,
        history: History | None = None,
        before: Sequence[Moment] = (),
        fork: Fork | None = None,
    ) -> Built:
        """Take a network in hand, and return what the window is told of it.

        It is at its very beginning, or goes on: then `first` is how it was there, `history` what happened since, and
        `before` the moments that can be returned to; `fork` says whence it came where it is another run's.
        """
        from nnplayground.engine.devices import available
        from nnplayground.engine.probing import Prober

        first = first or trainer.snapshot()
        self.trainer, self._prober = trainer, Prober(trainer.setup, first)
        self.built = Built(
            trainer.experiment,
            trainer.dataset,
            trainer.layers,
            trainer.metrics,
            trainer.steps_per_epoch,
            trainer.parameters,
            trainer.executor,
            trainer.executor_note,
            trainer.device.type,
            available(),
            first,
            trainer.taken,
            history,
            begun(trainer, first, before),
            fork,
        )
        self._reel = Reel(self.built.moments)
        return self.built

    def advance(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> Chunk:
        """Train, and keep it. Where training ended at weights that are not the best, and these are wanted, go back."""
        trainer = self.trainer
        assert trainer is not None
        self.keeping.before_steps(trainer)
        stop = next_stop(trainer.step, trainer.parameters)
        chunk = trainer.advance(steps=steps, epochs=epochs, seconds=seconds)
        self.keeping.after(chunk)
        self.passed = trainer.snapshot() if trainer.step == stop else None
        self._reel.after(trainer, chunk, self.passed)
        ended = chunk.stopped_by in ("epochs", "patience") and trainer.experiment.stopping.restore
        self.restored = self.restore_best() or None if ended else None
        return chunk

    def restore_best(self) -> int:
        """Go back to the weights of the best epoch, and return it; 0 changes nothing."""
        assert self.trainer is not None
        best = self.trainer.restore_best()
        if best:
            self.keeping.changed()
        return best

    def retune(self, experiment: Experiment) -> bool:
        """Turn live knobs; return whether other points have come to be trained on."""
        trainer = self.trainer
        assert trainer is not None
        before, same = trainer.dataset, experiment == trainer.experiment
        trainer.retune(experiment)
        if not same:
            self.keeping.retuned()
        return trainer.dataset is not before

    def mark(self, moments: Moments, snapshot: Snapshot) -> bool:
        """Keep a network of the run in hand for good; return whether there is room, or it is of another run."""
        if self.trainer is None or self.built is None or moments is not self.built.moments:
            return True
        moment = moment_of(self.trainer, snapshot)
        marked = moments.mark(moment)
        if marked:
            self.keeping.mark_moment(moments.at(snapshot.step) or moment)
        return marked

    def as_left(self) -> Left:
        """Return what it takes to go on with the training as it is now."""
        assert self.trainer is not None
        assert self.built is not None
        moment, keeping = moment_of(self.trainer, self.trainer.snapshot()), self.keeping
        return Left(moment, self.built, keeping.uid, keeping.number)

    def begin_again(self) -> Built:
        """Go back to the initial weights, as another run."""
        assert self.trainer is not None
        self.keeping.leave(self.trainer)
        self.trainer.reset()
        return self.take(self.trainer)

    def answers(self, requests: Iterable[Request], *, still: bool = False) -> tuple[Snapshot, dict[Request, Reading]]:
        """Return the network as it is, and the answers about it that there are; `still` says that nothing trains."""
        assert self.trainer is not None
        assert self._prober is not None
        snapshot = self.trainer.snapshot()
        self._reel.look_for_best(self.trainer, still=still)
        self._prober = self._prober.retuned(self.trainer.setup)
        found = {request: self._prober.answer(request, snapshot) for request in requests}
        return snapshot, {request: answer for request, answer in found.items() if answer is not None}


@contextmanager
def telling_of_memory() -> Iterator[None]:
    """Raise MemoryError where memory is short: PyTorch itself has no more than words for it."""
    try:
        yield
    except RuntimeError as error:
        if "memory" in str(error):
            raise MemoryError from error
        raise
