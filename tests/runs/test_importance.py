"""Which knobs matter, how closely quantities follow each other, and how values of many runs become numbers."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr
from sklearn.ensemble import RandomForestRegressor

from nnplayground.data.progress import Cancelled
from nnplayground.runs.correlation import ranks, spearman
from nnplayground.runs.importance import FEWEST, LOW, MOST, importance
from nnplayground.runs.quantities import knobs_of, quantity, results_of


@dataclass
class Run:
    knobs: dict
    results: dict = field(default_factory=dict)

    @property
    def values(self):
        return {**self.knobs, **self.results}


def of_rate(knobs, _):
    return np.log10(knobs["optimizer.lr"]) ** 2


def made(count: int = 120, seed: int = 3, loss=of_rate):
    """Runs whose knobs are drawn; adam has beta1 and sgd has momentum; the loss is a function of the knobs."""
    generator, runs = np.random.default_rng(seed), []
    for _ in range(count):
        kind = generator.choice(["adam", "sgd"])
        knobs = {
            "optimizer.kind": str(kind),
            "optimizer.lr": float(10 ** generator.uniform(-4, 0)),
            "network.dropout": float(generator.choice([0.0, 0.2, 0.5])),
            ("optimizer.beta1" if kind == "adam" else "optimizer.momentum"): float(generator.uniform()),
            "network.activation": str(generator.choice(["tanh", "relu", "elu"])),
        }
        runs.append(Run(knobs, {"validation_loss": float(loss(knobs, generator))}))
    return runs


def found_of(runs, result: str = "validation_loss", **more):
    return importance([quantity(runs, path) for path in knobs_of(runs)], quantity(runs, result), **more)


# importance


def test_of_runs_in_which_the_rate_alone_matters_the_rate_comes_first():
    found = found_of(made())
    assert found.paths[0] == "optimizer.lr"
    assert found.score > 0.9
    assert found.means[0] > 10 * np.abs(found.means[1:]).max()
    assert not found.is_doubtful
    assert set(found.paths) == set(knobs_of(made()))  # one bar for each knob, choices too


def test_a_choice_that_alone_matters_is_one_bar_and_the_first():
    losses = {"tanh": 0.2, "relu": 1.0, "elu": 0.2}
    found = found_of(made(loss=lambda knobs, _: losses[knobs["network.activation"]]))
    assert found.paths[0] == "network.activation"
    assert found.paths.count("network.activation") == 1
    assert found.means[0] > 5 * np.abs(found.means[1:]).max()


def test_a_knob_that_not_every_run_has_counts_where_it_is():
    found = found_of(made(loss=lambda knobs, _: knobs.get("optimizer.momentum", 0.5)))
    assert found.paths[0] == "optimizer.momentum"
    assert found.score > 0.8


def test_of_results_that_are_chance_the_forest_foretells_nothing_and_says_so():
    found = found_of(made(loss=lambda _, generator: generator.normal()))
    assert found.score < LOW
    assert found.is_doubtful
    assert np.abs(found.means).max() < 0.4


def test_the_forest_is_about_as_good_as_scikit_learns_own():
    runs = made(200, loss=lambda k, g: np.log10(k["optimizer.lr"]) ** 2 + 3 * k["network.dropout"] + g.normal(0, 0.5))
    found = found_of(runs)
    kinds = [["adam", "sgd"], ["tanh", "relu", "elu"]]
    x = [
        [
            np.log10(k["optimizer.lr"]),
            k["network.dropout"],
            k.get("optimizer.momentum", -1),
            k.get("optimizer.beta1", -1),
        ]
        + [k["optimizer.kind"] == kind for kind in kinds[0]]
        + [k["network.activation"] == kind for kind in kinds[1]]
        for k in (run.knobs for run in runs)
    ]
    y = [run.results["validation_loss"] for run in runs]
    other = RandomForestRegressor(200, oob_score=True, random_state=1).fit(x, y)
    assert found.score == pytest.approx(other.oob_score_, abs=0.05)
    assert found.paths[:2] == ("optimizer.lr", "network.dropout")


def test_the_same_runs_give_the_same_bars():
    one, other = found_of(made()), found_of(made())
    assert one.paths == other.paths
    assert np.array_equal(one.means, other.means)
    assert np.array_equal(one.spreads, other.spreads)


def test_runs_without_the_result_are_left_out_and_counted():
    runs = made(40)
    for run in runs[:7]:
        run.results["validation_loss"] = float("nan")
    del runs[8].results["validation_loss"]
    found = found_of(runs)
    assert (found.runs, found.known, found.left_out) == (32, 32, 8)


def test_of_too_few_runs_or_no_knob_that_differs_nothing_is_said():
    assert found_of(made(FEWEST - 1)) is None
    assert found_of([Run({"a": 1}, {"validation_loss": float(i)}) for i in range(20)]) is None
    assert found_of(made(FEWEST)).is_doubtful
    alone = [Run({"optimizer.lr": 10.0**-i}, {"validation_loss": float(i)}) for i in range(30)]
    assert found_of(alone).is_doubtful


def test_growing_a_forest_tells_how_far_it_is_and_can_be_given_up():
    runs = [Run({"a": i, "b": i % 7}, {"validation_loss": float(i)}) for i in range(50)]
    with pytest.raises(Cancelled):
        found_of(runs, cancelled=lambda: True)
    told = []

    def stop() -> bool:
        return len(told) > 3

    with pytest.raises(Cancelled):
        found_of(runs, report=lambda share, _: told.append(share), cancelled=stop)
    assert told == sorted(told)


def test_of_very_many_runs_some_are_drawn():
    found = found_of([Run({"a": i}, {"validation_loss": float(i % 2)}) for i in range(MOST + 50)])
    assert (found.runs, found.known, found.left_out) == (MOST, MOST + 50, 0)


def test_equal_results_have_no_knob_that_matters():
    found = found_of(made(loss=lambda *_: 1.0))
    assert found.score == 0
    assert np.abs(found.means).max() == 0


# ranks


VALUES = st.lists(st.integers(-5, 5).map(float), min_size=3, max_size=30)


@given(st.data())
def test_spearmans_correlation_is_scipys(data):
    x = np.array(data.draw(VALUES))
    y = np.array(data.draw(st.lists(st.floats(-1e3, 1e3), min_size=len(x), max_size=len(x))))
    assert np.array_equal(ranks(x), rankdata(x))
    rho, count = spearman(x, y)
    assert count == len(x)
    if len(set(x)) > 1 and len(set(y.tolist())) > 1:
        assert rho == pytest.approx(spearmanr(x, y).statistic, abs=1e-9)
    else:
        assert np.isnan(rho)


def test_pairs_of_which_one_is_not_known_are_left_out():
    x = np.array([1.0, 2.0, np.nan, 4.0, 5.0])
    y = np.array([2.0, np.inf, 3.0, 6.0, 7.0])
    assert spearman(x, y) == (1.0, 3)
    assert np.isnan(spearman(x[:3], y[:3])[0])


# quantities


def test_numbers_are_numbers_and_rates_lie_by_decades():
    runs = [Run({"optimizer.lr": 0.1, "batches.size": 10}), Run({"optimizer.lr": 0.001}), Run({"optimizer.lr": 1e-2})]
    rate = quantity(runs, "optimizer.lr")
    assert rate.logarithmic
    assert np.allclose(rate.positions, [-1, -3, -2])
    sizes = quantity(runs, "batches.size")
    assert sizes.known.tolist() == [True, False, False]
    assert sizes.differs


def test_zero_on_a_scale_of_decades_lies_below_the_least():
    runs = [Run({"regularization.l2": value}) for value in (0.0, 3e-4, 0.1)]
    found = quantity(runs, "regularization.l2")
    assert found.logarithmic
    assert found.zero == -5
    assert np.allclose(found.positions, [-5, np.log10(3e-4), -1])
    nothing = quantity([Run({"regularization.l2": 0.0})] * 2, "regularization.l2")
    assert not nothing.logarithmic
    assert not nothing.differs


def test_choices_have_places_in_order_and_lists_are_choices():
    runs = [Run({"a": "tanh", "b": [8, 8]}), Run({"a": "relu", "b": [4]}), Run({"a": "tanh"}), Run({"a": True})]
    found = quantity(runs, "a")
    assert found.names == ("True", "relu", "tanh")
    assert found.values.tolist() == [2, 1, 2, 0]
    lists = quantity(runs, "b", label=lambda value: "-".join(map(str, value)))
    assert set(lists.names) == {"8-8", "4"}
    assert lists.known.tolist() == [True, True, False, False]


@pytest.mark.parametrize(("losses", "by_decades"), [((0.1, 4.0), True), ((0.1, 0.2), False), ((0.0, 4.0), False)])
def test_losses_lie_by_decades_where_they_are_far_apart(losses, by_decades):
    runs = [Run({}, {"train_loss": loss}) for loss in losses]
    assert quantity(runs, "train_loss").logarithmic == by_decades
    assert not quantity([Run({}, {"train/accuracy": loss / 10}) for loss in losses], "train/accuracy").logarithmic


def test_what_is_not_finite_is_as_if_it_were_not_there():
    runs = [Run({}, {"train_loss": value}) for value in (1.0, float("nan"), float("inf"), 2.0)]
    assert quantity(runs, "train_loss").known.tolist() == [True, False, False, True]
    assert results_of([*runs, Run({}, {"penalty": 1.0})]) == ["train_loss", "penalty"]


def test_names_and_notes_are_no_knobs_to_be_compared():
    runs = [Run({"name": "a", "note": "x", "optimizer.lr": 1.0}), Run({"name": "b", "optimizer.lr": 2.0})]
    assert knobs_of(runs) == ["optimizer.lr"]
