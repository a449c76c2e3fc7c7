"""The benchmarks' scripts run, and write into their README what they found and nothing else."""

import importlib
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import MagicMock

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"

pytestmark = pytest.mark.skipif(not BENCHMARKS.is_dir(), reason="a source distribution has no benchmarks")


@pytest.fixture
def script(monkeypatch):
    """Return what imports a script by its name; short turns where it has any."""
    monkeypatch.syspath_prepend(BENCHMARKS)

    def load(name):
        module = importlib.import_module(name)
        if hasattr(module, "QUICK"):
            monkeypatch.setattr(module, "QUICK", (0.005, 1))
        return module

    return load


def test_networks_are_as_wide_as_their_names_say(script):
    training = script("training")
    for name, network in training.NETWORKS.items():
        if name.startswith("LeNet-5"):
            continue
        layers = training.make_trainer(network).built.layers
        widths = [layers[0].inputs, *(layer.outputs for layer in layers)]
        title = name.partition(",")[0].replace("8x6", "-".join(["8"] * 6))
        assert title == "-".join(map(str, widths))


def test_training_tells_ratios_and_rates_of_whoever_is_there(script, monkeypatch):
    training = script("training")
    monkeypatch.setattr(training, "peers", lambda _: ({"someone": lambda _: 50.0}, ["nobody"]))
    monkeypatch.setattr(training.bench, "pulled", lambda _: lambda _: 100.0)
    monkeypatch.setattr(training, "PEERS", {"someone": None, "nobody": None})
    told = training.tell(training.measure(quick=True, names=["2-4-2-1"]))
    assert "2.00 ×" in told
    assert "nobody" in told.splitlines()[-1]


def test_the_evaluating_loop_finds_what_the_trainer_finds(script):
    training = script("training")
    for name in ("2-4-2-1", "64-64-64-10, batch norm"):
        trainer = training.make_trainer(training.NETWORKS[name])
        loop, found = training.EvaluatingLoop(trainer), trainer.evaluate()
        loop.epoch_ends()
        (loss, accuracy), (validation_loss, validation_accuracy) = loop.results
        assert (loss, validation_loss) == pytest.approx((found.train_loss, found.validation_loss), rel=1e-4)
        assert accuracy == pytest.approx(found.train_metrics[0])
        assert validation_accuracy == pytest.approx(found.validation_metrics[0])


def test_population_tells_every_size(script, monkeypatch):
    population = script("population")
    monkeypatch.setattr(population, "NETWORKS", {"2-4-2-1": {"network.layers": [4, 2]}})
    monkeypatch.setattr(population, "SIZES", (1, 3))
    head, _, ratios = population.tell(population.measure(quick=True)).splitlines()[2:5]
    assert [cell.strip() for cell in head.split("|")[4:-1]] == ["1 together", "3 together"]
    assert ratios.count(" ×") == 4


def test_history_has_a_row_for_every_length(script):
    history = script("history")
    told = history.tell(history.measure(layers=2, longest=10_000))
    assert told.splitlines()[2].startswith("| 10,000 ")


def test_a_part_is_written_into_its_place_alone(script):
    table = script("table")
    text = "before\n<!-- training -->\nold\n<!-- end training -->\n<!-- window -->\nkept\n<!-- end window -->\n"
    new = table.written(text, "training", r"new \1")
    assert new == text.replace("old", r"new \1")
    with pytest.raises(ValueError, match="history"):
        table.written(text, "history", "new")


def test_the_readme_has_a_place_for_every_part(script):
    table = script("table")
    text = table.README.read_text(encoding="utf-8")
    for part in table.PARTS:
        assert f"\nfound\n<!-- end {part} -->" in table.written(text, part, "found")


def test_peers_count_their_own_steps(script, monkeypatch):
    peers, training = script("peers"), script("training")
    monkeypatch.setattr(peers, "PEERS", {"scikit-learn": peers.sklearn})
    found, missing = peers.peers(training.make_trainer(training.NETWORKS["2-4-2-1"]))
    assert missing == []
    assert found["scikit-learn"](0.01) > 0
    stopwatch = peers.Stopwatch(0.0)
    assert [stopwatch.epoch_ends() for _ in range(2)] == [False, True]
    assert stopwatch.rate(steps=50, per_epoch=25) > 0
    with pytest.raises(AssertionError, match="51 steps"):
        stopwatch.rate(steps=51, per_epoch=25)


def test_views_tell_every_view_in_sight_or_the_one_in_question(script, monkeypatch):
    views = script("views")
    monkeypatch.setattr(views, "opened", lambda _: nullcontext(MagicMock()))
    monkeypatch.setattr(views, "live_for", lambda _: None)
    monkeypatch.setattr(views, "rounds_in_operation", lambda *_: {"both_ms": 9.0, "per_second": 20.0, "views_ms": 7.0})
    monkeypatch.setattr(views, "frame_costs", lambda _: {"metric": (1.0, 2.0), "network": (3.0, 4.0)})
    found = views.measure(quick=True, names=["default layout", "metric"])
    assert found["default layout"]["total"] == {"draw_ms": 4.0, "paint_ms": 6.0, "both_ms": 10.0}
    assert found["metric"]["total"] == {"draw_ms": 1.0, "paint_ms": 2.0, "both_ms": 3.0}
    told = views.tell(found)
    assert "| total        |    4.00 |     6.00 | 10.00 |" in told
    assert "| in operation |         |          |  9.00 |" in told
    assert "20 rounds a second; of it for views 7.00 ms" in told
    assert "| metric    |    1.00 |     2.00 | 3.00 |" in told
