"""The signal's way through the layers before the first step: variances forward and backward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QWidget

from nnplayground.engine.probes import Request, Signal, SignalRequest, Signals
from nnplayground.gui.numbers import format_number
from nnplayground.gui.theme import Theme, mix
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.lines import LinesView
from nnplayground.gui.views.picker import Picker
from nnplayground.gui.views.symbols import FAINT, Sample
from nnplayground.gui.views.view import Frame, before_training

if TYPE_CHECKING:
    from nnplayground.gui.views.traces import Trace, Traces

ROOM = 0.15  # of a layer, beside the first and the last


class SignalView(LinesView):
    """Two lines over the layers, on a logarithmic axis, and beside them those of other initial weights."""

    title, name = "Signal", "signal"
    explanation = (
        "How large the signal is on its way through the layers before the first step, as a variance. Forward, from "
        "left to right: what each layer gives. Backward, from right to left: the gradients of the samples' loss with "
        "respect to what each layer gives to its activation. Level lines are healthy. Lines that fall on their way: "
        "the signal vanishes; that rise: it explodes. Try the initialization that suits the activation (He for ReLU, "
        "Glorot for tanh), or normalization.\n"
        "Dashed: the same network with all weights drawn in another way, to compare. Up to 200 training samples, "
        "without dropout; batch norm by their own mean and variance, as in training. Glorot and Bengio 2010, He et "
        "al. 2015."
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.drawn = {
            "normal": self.tr("N(0, 1)"),
            "he_normal": self.tr("He"),
            "glorot_normal": self.tr("Glorot"),
            "lecun_normal": self.tr("LeCun"),
        }
        against = {key: self.tr("dashed: {initializer}").format(initializer=text) for key, text in self.drawn.items()}
        options = {**against, "": self.tr("no comparison")}
        self.against = Picker("signal.against", self.tr("Compared with"), options, self)
        self.row.insertWidget(0, self.against)
        self.now = self.add_switch("now", self.tr("Now, beside the start"), on=False)
        self.against.changed.connect(self._ask_anew)
        self.now.toggled.connect(self._ask_anew)
        self.column.addWidget(self.message, 1)
        self.set_theme(theme)

    def place(self, plot: Traces) -> None:
        """Put the plot where the message stands."""
        plot.text = format_number
        self.column.insertWidget(self.column.indexOf(self.message), plot, 1)

    @property
    def request(self) -> SignalRequest:
        """What is asked for."""
        return SignalRequest(against=self.against.chosen, now=self.now.isChecked())

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for the signal, and for no more than is shown."""
        del frame
        return frozenset({self.request})

    def key(self, frame: Frame) -> object:
        """Depend on what was found of the signal, which stays the same but for that of now."""
        found = frame.reading(self.request, Signals)
        return (found.first, found.now, found.against) if found is not None else None

    def redraw(self, frame: Frame) -> None:
        """Draw the lines."""
        found = frame.reading(self.request, Signals)
        begun = found is not None and frame.snapshot is not None
        self.message.setText(before_training(frame))
        self.message.setVisible(not begun)
        if begun or self.has_plot:
            self.plot.setVisible(begun)
        self.caption.set_words(self.tr("variance") if begun else "")
        self.legend.set_entries(self._entries() if begun else ())
        if found is None or frame.snapshot is None:
            return
        names = self._names(frame.snapshot.layout.layers)
        self.plot.x_axis.names = self.tr("in"), *(name.removeprefix("layer ") for name in names[1:-1]), self.tr("out")
        self.plot.x_axis.picture = None
        self.plot.heading = lambda x: (names[round(x)], self.tr("variance"))
        self.plot.show_traces(self.traces(found), (-ROOM, len(names) - 1 + ROOM), logarithmic=True)

    def traces(self, found: Signals) -> list[Trace]:
        """Return the lines, those behind first."""
        from nnplayground.gui.views.traces import Trace

        kinds: list[tuple[Signal | None, str, bool, bool]] = [
            (found.now, self.tr("now"), False, True),
            (found.against, self.drawn.get(self.against.chosen, ""), True, False),
            (found.first, "", False, False),
        ]
        traces = []
        for signal, kind, dashed, faint in kinds:
            if signal is None:
                continue
            ways = (
                (self.tr("forward"), signal.forward, self._colours[0]),
                (
                    self.tr("backward"),
                    np.append(np.nan, signal.backward),
                    self._colours[1],
                ),
            )
            for way, values, colour in ways:
                xs = np.flatnonzero(~np.isnan(values)).astype(float)
                label = f"{way}, {kind}" if kind else way
                traces.append(
                    Trace(label, xs, values[xs.astype(int)], colour, dashed=dashed, faint=faint, named=not kind)
                )
        return traces

    @property
    def _colours(self) -> tuple[str, str]:
        return self.theme.accent, self.theme.negative

    def _entries(self) -> tuple[tuple[Sample, str], ...]:
        pale = Sample(mix(self.theme.panel, self.theme.secondary, FAINT))
        return ((pale, self.tr("now")),) if self.now.isChecked() else ()

    def _names(self, layers: tuple[str, ...]) -> tuple[str, ...]:
        return (self.tr("inputs"), *layers)

    def _ask_anew(self) -> None:
        self.draw_again()
        self.asked.emit()

    def table(self, frame: Frame) -> Table:
        """Return the variances by layer."""
        found = frame.reading(self.request, Signals)
        if found is None or frame.snapshot is None:
            return [], []
        names = self._names(frame.snapshot.layout.layers)
        signals = {"first": found.first, "now": found.now, self.against.chosen: found.against}
        there = {key: signal for key, signal in signals.items() if signal is not None}
        columns = [c for s in there.values() for c in (s.forward.tolist(), ["", *s.backward.tolist()])]
        heads = [f"{way} {key}" for key in there for way in ("forward", "backward")]
        return ["layer", *heads], [[name, *row] for name, *row in zip(names, *columns, strict=True)]
