"""Experiments as short texts: what is shared is opened as it was, and nothing else is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnplayground import resources
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.sharing import from_text, to_text
from tests.strategies import experiments


@pytest.mark.parametrize("name", list(resources.presets()))
def test_every_preset_is_shared_and_opened_as_it_was(name):
    experiment = Experiment.load(resources.presets()[name])
    text = to_text(experiment)
    assert from_text(text) == experiment
    assert text.isascii()
    assert len(text) < 1000


@settings(max_examples=100)
@given(experiment=experiments())
def test_any_experiment_is_shared_and_opened_as_it_was(experiment):
    assert from_text(to_text(experiment)) == experiment


def test_an_experiment_that_differs_little_is_a_short_text():
    assert len(to_text(Experiment().replace("optimizer.lr", 0.02))) < 120


def test_white_space_that_a_chat_puts_in_does_not_count():
    text = to_text(Experiment().replace("optimizer.lr", 0.02))
    assert from_text(f"  {text[:20]}\n {text[20:40]} {text[40:]}\n").optimizer.lr == 0.02


@given(data=st.data())
def test_a_text_that_was_cut_or_changed_is_refused_in_one_line(data):
    text = to_text(Experiment().replace_all({"optimizer.lr": 0.02, "network.layers": [7, 5]}))
    place = data.draw(st.integers(0, len(text) - 1))
    changed = data.draw(st.sampled_from([text[:place], text[:place] + "A" + text[place + 1 :], text + text[place:]]))
    if changed != text:
        with pytest.raises(ExperimentError) as caught:
            from_text(changed)
        assert "\n" not in str(caught.value)


@given(st.text(max_size=200))
def test_any_text_is_refused_in_one_line(text):
    for given_ in (text, f"nnp1:{text}"):
        with pytest.raises(ExperimentError) as caught:
            from_text(given_)
        assert "\n" not in str(caught.value)


def test_a_text_that_unpacks_to_very_much_is_refused():
    import base64
    import zlib

    bomb = zlib.compress(b"# " + b"a" * 50_000_000, 9)
    with pytest.raises(ExperimentError, match="cut off or changed"):
        from_text("nnp1:" + base64.urlsafe_b64encode(b"0000" + bomb).decode().rstrip("="))


def test_other_defaults_are_not_taken_for_what_was_shared(monkeypatch):
    text = to_text(Experiment().replace("optimizer.lr", 0.02))
    monkeypatch.setattr("nnplayground.experiment.sharing.Experiment", Changed)
    with pytest.raises(ExperimentError, match="other defaults"):
        from_text(text)


class Changed(Experiment):
    """An experiment of a version with other defaults."""

    name: str = "Another"
