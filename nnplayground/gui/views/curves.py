"""The views of a run's course: loss, metric, gradient norms, update ratio, learning rate."""

from __future__ import annotations

from itertools import cycle

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from nnplayground.experiment.losses import MSE, CrossEntropy
from nnplayground.gui.numbers import format_number, format_percent
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.annotations import Guide
from nnplayground.gui.views.course import CurvesView, Series
from nnplayground.gui.views.picker import Picker
from nnplayground.gui.views.ratios import HEALTHY_RATIO
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

LOWEST_R2 = -1.0  # a model this bad is off any scale worth showing


def _averaged(view: CurvesView, history: History, column: str) -> tuple[Series, ...]:
    """Return the validation of the model of averaged weights, where there is one."""
    if column not in history.epochs.names:
        return ()
    return (Series(view.tr("averaged"), column, view.theme.series[1], epochs=True),)


class LossView(CurvesView):
    """Loss of training and validation after each epoch, and of every batch behind them."""

    title, name = "Loss", "loss"
    explanation = (
        "<p>What training makes small, in several honest ways; the menu switches each.</p>"
        "<p><b>Train</b>, solid: all training samples after each epoch, evaluated as when the network is used: no "
        "dropout, no noise. <b>Validation</b>, dashed: samples that are never trained on. <b>Batch</b>, pale: every "
        "single batch as it was trained on, with dropout, noise, augmentation and label smoothing, so that it may lie "
        "far above train. <b>Penalty</b>, filled, on top of train: what L1 and L2 add for large weights; the optimizer "
        "makes the sum small. A band wider than the loss below it: the penalty rules; try less.</p>"
        "<p>Both fall: it learns. Training falls and validation rises: it learns by heart; try more data, weight "
        "decay, dropout or a smaller network. Neither falls: try another rate or initialization.</p>"
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.batches = self.add_switch("batches", self.tr("Every batch, as trained"), on=True)
        self.train = self.add_switch("train", self.tr("Training samples, as evaluated"), on=True)
        self.penalty = self.add_switch("penalty", self.tr("Penalty on top"), on=True)
        self.validation = self.add_switch("validation", self.tr("Validation samples"), on=True)
        self._penalized: tuple[History | None, bool] = (None, False)

    def series(self, frame: Frame, history: History) -> tuple[Series, ...]:
        """Return batches, penalty, training, and validation, also of the averaged model where there is one."""
        del frame
        accent, validation = self.theme.accent, self.validation.isChecked()
        penalized = self.penalty.isChecked() and self._is_penalized(history)
        wanted = {
            Series(self.tr("batch"), "loss", accent, faint=True): self.batches.isChecked(),
            Series(self.tr("penalty"), "penalty", self.theme.negative, epochs=True, over="train_loss"): penalized,
            Series(self.tr("train"), "train_loss", accent, epochs=True): self.train.isChecked(),
            **dict.fromkeys(_averaged(self, history, "averaged_validation_loss"), validation),
            Series(self.tr("validation"), "validation_loss", self.theme.text, epochs=True, dashed=True): validation,
        }
        return tuple(series for series, on in wanted.items() if on)

    def _is_penalized(self, history: History) -> bool:
        """Whether any penalty was there since the history began."""
        if history is not self._penalized[0]:
            self._penalized = history, history.epochs.curve("penalty", points=1).high.max(initial=0) > 0
        if not self._penalized[1]:
            self._penalized = history, (history.epochs.last("penalty") or 0.0) > 0
        return self._penalized[1]

    def words(self, frame: Frame) -> str:
        """Name the loss."""
        if frame.experiment.loss.kind != "auto":
            return self.tr(frame.experiment.loss.title)
        if frame.dataset is None:
            return ""
        if frame.dataset.task == "regression":
            return self.tr(MSE.title)
        return self.tr("cross-entropy") if len(frame.dataset.class_names) == 2 else self.tr(CrossEntropy.title)


class MetricView(CurvesView):
    """Accuracy, or R² and mean absolute error, of training and validation after each epoch."""

    title, name = "Metric", "metric"
    explanation = (
        "What the task is judged by: accuracy of classes, R² or mean absolute error of values. The gap between "
        "training (solid) and validation (dashed) is what was learned by heart."
    )
    logarithmic_first = False

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.choice = Picker("metric.choice", self.tr("Metric"), {}, self)
        self.choice.changed.connect(self._choose)
        self.choice.hide()
        self.row.insertWidget(0, self.choice)

    def redraw(self, frame: Frame) -> None:
        """Draw, with a choice of metrics where there are several."""
        if frame.history is not None:
            self.choice.offer({metric: metric for metric in frame.history.metrics})
            self.choice.setVisible(len(frame.history.metrics) > 1)
        self.percent = self.chosen == "accuracy"
        self.logarithmic.setVisible(self.chosen == "MAE")
        super().redraw(frame)

    def series(self, frame: Frame, history: History) -> tuple[Series, ...]:
        """Return training and validation of the metric chosen, and the averaged model's."""
        del frame
        return (
            Series(self.tr("train"), f"train/{self.chosen}", self.theme.accent, epochs=True),
            *_averaged(self, history, f"averaged_validation/{self.chosen}"),
            Series(self.tr("validation"), f"validation/{self.chosen}", self.theme.text, epochs=True, dashed=True),
        )

    def words(self, frame: Frame) -> str:
        """Name the metric, and its unit where there is one."""
        if self.chosen == "MAE" and frame.dataset is not None:
            return self.tr("mean absolute error of {target}").format(target=frame.dataset.target_name)
        return self.tr("accuracy") if self.chosen == "accuracy" else ""

    def text(self, value: float) -> str:
        """Return accuracy as per cent."""
        return format_percent(value) if self.chosen == "accuracy" else super().text(value)

    def fitted(self, low: float, high: float) -> tuple[float, float]:
        """Reach up to 100 % or to an R² of 1, and down no further than R² is worth showing."""
        if self.chosen == "MAE":
            return super().fitted(low, high)
        least = LOWEST_R2 if self.chosen == "R²" else 0.0
        bottom = super().fitted(min(max(low, least), 0.9), 1.0)[0]
        return bottom, 1.0 + 0.02 * (1.0 - bottom)  # so that the best can be told from the border

    @property
    def chosen(self) -> str:
        """The metric that is shown; "" before it is known what there is."""
        return self.choice.chosen

    @property
    def is_logarithmic(self) -> bool:
        """Whether an error is shown by decades; shares never are."""
        return self.chosen == "MAE" and super().is_logarithmic

    @property
    def floor(self) -> float:
        """The lowest R² shown."""
        return LOWEST_R2 if self.chosen == "R²" else super().floor

    @Slot()
    def _choose(self) -> None:
        self.draw_again()
        self.show_everything()


class LayersView(CurvesView):
    """One line per layer, named at its end. Others say of which quantity."""

    quantity = ""  # the first part of the columns' names

    def series(self, frame: Frame, history: History) -> tuple[Series, ...]:
        """Return a line per layer; where colours come round again, dashed."""
        del frame
        colours = cycle(self.theme.series)
        return tuple(
            Series(layer, f"{self.quantity}/{layer}", colour, dashed=i // len(self.theme.series) % 2 == 1, named=True)
            for i, (layer, colour) in enumerate(zip(history.layers, colours, strict=False))
        )


class GradientNormsView(LayersView):
    """The gradient's norm in every layer at every step."""

    title, name, quantity = "Gradients", "gradient_norms", "gradient_norm"
    explanation = (
        "How long the gradient of each layer is, step by step, on a logarithmic axis. Lines that lie close "
        "together are healthy. Early layers far below late ones: gradients vanish; try another activation, "
        "initialization or normalization. Lines that climb: they explode; try a smaller rate or clipping."
    )

    def words(self, frame: Frame) -> str:
        """Name the quantity."""
        if self.clipped.isChecked() and frame.experiment.clipping.kind != "none":
            return self.tr("norm of the gradient after clipping, per layer")
        return self.tr("norm of the gradient, per layer")

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.clipped = self.add_switch("clipped", self.tr("After clipping"), on=False)

    def series(self, frame: Frame, history: History) -> tuple[Series, ...]:
        """Return a line per layer, before clipping or after it."""
        there = f"clipped_norm/{history.layers[0]}" in history.steps.names
        self.quantity = "clipped_norm" if there and self.clipped.isChecked() else "gradient_norm"
        return super().series(frame, history)


class UpdateRatioView(LayersView):
    """The size of every layer's update beside that of its parameters, at every step."""

    title, name, quantity = "Updates", "update_ratio", "update_ratio"
    explanation = (
        "How much each step changes the weights of a layer, as a share of their size. About 0.001 is healthy; far "
        "above, the rate is too large, far below, too small."
    )

    def words(self, frame: Frame) -> str:
        """Name the quantity."""
        del frame
        return self.tr("update ÷ weights, per layer")

    @property
    def guide(self) -> Guide:
        """The rule of thumb."""
        text = self.tr("rule of thumb: {value}").format(value=format_number(HEALTHY_RATIO, trim=True))
        return Guide(HEALTHY_RATIO, Sample(self.theme.secondary, "dash"), text)

    def fitted(self, low: float, high: float) -> tuple[float, float]:
        """Keep the rule of thumb in sight on a logarithmic axis."""
        if not self.is_logarithmic:
            return super().fitted(min(low, 0.0), high)
        return super().fitted(min(low, -3.0), max(high, -3.0))


class LearningRateView(CurvesView):
    """The learning rate as scheduled, at every step."""

    title, name = "Rate", "learning_rate"
    explanation = (
        "The learning rate at every step, as the schedule says. Large at first explores, small at the end settles."
    )

    def series(self, frame: Frame, history: History) -> tuple[Series, ...]:
        """Return the one line."""
        del frame, history
        return (Series(self.tr("learning rate"), "lr", self.theme.accent),)

    def text(self, value: float) -> str:
        """Return the rate without digits that say nothing."""
        return format_number(value, trim=True)

    def words(self, frame: Frame) -> str:
        """Name the schedule."""
        return self.tr("schedule: {schedule}").format(schedule=self.tr(frame.experiment.schedule.title))
