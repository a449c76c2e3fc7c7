"""Images changed at random, against numpy and scipy.ndimage in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage

from nnplayground.engine import Trainer, executors
from nnplayground.engine.augmentation import DRAWS, augment
from nnplayground.engine.noise import Noise, drawn
from nnplayground.experiment import Experiment, ExperimentError
from tests.engine.conftest import same

SHAPE = CHANNELS, HEIGHT, WIDTH = 2, 6, 8
ROWS = 40
WIDTHS = {draw.term: draw.width for draw in DRAWS}


def images(rows=ROWS, seed=1):
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(rows, CHANNELS * HEIGHT * WIDTH, generator=chance, dtype=torch.float64)


def changed(x, seed=2, **strengths):
    """Return what becomes of images, as arrays, and the uniform numbers by which it does."""
    terms = {f"augment.{name}": torch.tensor(value, dtype=torch.float64) for name, value in strengths.items()}
    width = sum(WIDTHS[term] for term in terms)
    chance = torch.Generator().manual_seed(seed)
    uniform = torch.rand(len(x), width, generator=chance, dtype=torch.float64)
    found = augment(x, SHAPE, Noise({"uniform": uniform}, terms))
    return found.view(-1, *SHAPE).numpy(), uniform.numpy()


def pulled(image, matrix, offset):
    """Return an image (channels, height, width) whose pixel (row, column) comes from matrix @ pixel + offset."""
    return np.stack([ndimage.affine_transform(c, matrix, offset, order=1, mode="grid-constant") for c in image])


def test_a_share_of_the_images_is_mirrored_whole():
    x = images(rows=4000)
    found, uniform = changed(x, flip=0.3)
    given = x.view(-1, *SHAPE).numpy()
    mirrored = uniform[:, 0] < 0.3
    np.testing.assert_array_equal(found, np.where(mirrored[:, None, None, None], given[..., ::-1], given))
    assert mirrored.mean() == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize("share", [0.05, 0.25, 0.5])
def test_images_are_shifted_by_up_to_a_share_of_their_side(share):
    x = images()
    found, uniform = changed(x, shift=share)
    for image, result, (across, down) in zip(x.view(-1, *SHAPE).numpy(), found, 2 * uniform - 1, strict=True):
        offset = np.array([-down * share * HEIGHT, -across * share * WIDTH])
        np.testing.assert_allclose(result, pulled(image, np.eye(2), offset), atol=1e-12)


@pytest.mark.parametrize("degrees", [10.0, 90.0, 180.0])
def test_images_are_turned_by_up_to_so_many_degrees(degrees):
    x = images()
    found, uniform = changed(x, rotate=degrees)
    middle = np.array([(HEIGHT - 1) / 2, (WIDTH - 1) / 2])
    for image, result, own in zip(x.view(-1, *SHAPE).numpy(), found, 2 * uniform[:, 0] - 1, strict=True):
        angle = np.radians(own * degrees)
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        np.testing.assert_allclose(result, pulled(image, matrix, middle - matrix @ middle), atol=1e-12)


def test_images_are_turned_about_their_middle_and_then_shifted():
    x = images()
    found, uniform = changed(x, shift=0.2, rotate=40.0)
    middle = np.array([(HEIGHT - 1) / 2, (WIDTH - 1) / 2])
    for image, result, own in zip(x.view(-1, *SHAPE).numpy(), found, 2 * uniform - 1, strict=True):
        angle = np.radians(own[2] * 40)
        matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        moved = -np.array([own[1] * 0.2 * HEIGHT, own[0] * 0.2 * WIDTH])
        np.testing.assert_allclose(result, pulled(image, matrix, middle - matrix @ middle + moved), atol=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.75])
def test_a_square_is_cut_out_of_every_channel(share):
    x = images()
    found, uniform = changed(x, cutout=share)
    rows, columns = np.arange(HEIGHT) + 0.5, np.arange(WIDTH) + 0.5
    for image, result, (down, across) in zip(x.view(-1, *SHAPE).numpy(), found, uniform, strict=True):
        hole = np.outer(
            np.abs(rows - down * HEIGHT) < share * HEIGHT / 2, np.abs(columns - across * WIDTH) < share * WIDTH / 2
        )
        np.testing.assert_array_equal(result, np.where(hole, 0.0, image))


def test_strengths_of_zero_change_nothing():
    x = images()
    found, _ = changed(x, flip=0.0, shift=0.0, rotate=0.0, cutout=0.0)
    np.testing.assert_allclose(found, x.view(-1, *SHAPE).numpy(), atol=1e-12)
    assert augment(x, SHAPE, None) is x


def test_each_image_is_changed_in_its_own_way():
    x = images(1).expand(ROWS, -1).contiguous()
    for name, strength in {"shift": 0.3, "rotate": 30.0, "cutout": 0.5}.items():
        found, _ = changed(x, **{name: strength})
        assert len(np.unique(found.reshape(ROWS, -1).round(9), axis=0)) > ROWS / 3, name


# in training

STRENGTHS = {"flip": 0.5, "shift": 0.1, "rotate": 10.0, "cutout": 0.25}


def digits(**strengths) -> Experiment:
    changes = {f"augmentation.{name}": value for name, value in strengths.items()}
    plain = {"data.kind": "digits", "network.layers": [8], "batches.size": 32, "optimizer.lr": 0.001}
    return Experiment().replace_all(plain).replace_all(changes)


@pytest.mark.parametrize("strengths", [*({name: value} for name, value in STRENGTHS.items()), STRENGTHS], ids=str)
def test_compiled_steps_change_images_as_plain_ones_do(strengths):
    experiment = digits(**strengths).replace("network.input_noise", 0.1)
    compiled, eager = (Trainer(experiment, device="cpu", executor=name) for name in ("compiled", "eager"))
    assert (compiled.executor, compiled.executor_note) == ("compiled", "")
    first, second = compiled.advance(steps=20), eager.advance(steps=20)
    np.testing.assert_allclose(first.loss, second.loss, rtol=1e-4)
    np.testing.assert_allclose(first.gradient_norm, second.gradient_norm, rtol=1e-3)


def test_members_of_a_population_change_images_as_trainers_do():
    from nnplayground.engine import Population

    rates = (0.05, 0.1, 0.3)
    experiment = digits(**STRENGTHS)
    population = Population(experiment, over="augmentation.shift", values=rates, device="cpu")
    chunk = population.advance(steps=5)
    assert len(population.groups) == 1
    for i, rate in enumerate(rates):
        alone = Trainer(experiment.replace("augmentation.shift", rate), device="cpu").advance(steps=5)
        np.testing.assert_allclose(chunk.loss[:, i], alone.loss, rtol=1e-4)


def test_only_training_sees_changed_images():
    plain, changed_ones = (Trainer(e, device="cpu") for e in (digits(), digits(**STRENGTHS)))
    assert vars(plain.evaluate()) == vars(changed_ones.evaluate())
    assert not same(plain.advance(steps=3), changed_ones.advance(steps=3))


def test_strengths_are_turned_while_training(monkeypatch):
    trainer = Trainer(digits(**STRENGTHS), device="cpu")
    trainer.advance(steps=3)
    made = []
    monkeypatch.setitem(executors.EXECUTORS, trainer.executor, lambda *_: made.append(1))
    for name, value in STRENGTHS.items():
        assert trainer.retune(trainer.experiment.replace(f"augmentation.{name}", value / 2))
    assert not made
    assert trainer.advance(steps=3).steps == 3


def test_what_is_drawn_for_no_images_holds_nothing_of_them():
    flat = digits().replace("data.form", "inputs")
    terms = {draw.term for draw in Trainer(flat, device="cpu").built.draws}
    assert not terms & WIDTHS.keys()
    built = Trainer(digits(), device="cpu").built
    found = drawn(built.draws, ["augment.shift"], (3, 5), torch.Generator())
    assert {name: values.shape for name, values in found.items()} == {"uniform": (3, 5, 2)}


@pytest.mark.parametrize("name", STRENGTHS)
def test_what_is_no_image_cannot_be_changed(name):
    for data in ({"kind": "spiral"}, {"kind": "iris"}, {"kind": "digits", "form": "inputs"}):
        with pytest.raises(ExperimentError) as caught:
            Experiment().replace_all({"data": data, f"augmentation.{name}": STRENGTHS[name]})
        line = str(caught.value)
        reason = f"does not fit data.kind = {data['kind']!r}: no images; allowed: 0"
        assert line == f"augmentation.{name} = {STRENGTHS[name]:g} {reason}"
