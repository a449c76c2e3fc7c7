"""Weights in files: what is saved and taken over, and files that are damaged, foreign or hostile."""

from __future__ import annotations

import json
import pickle
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save, save_file

from nnplayground.engine import Population, Trainer
from nnplayground.engine.weights import load_weights, save_weights
from nnplayground.experiment import Experiment, ExperimentError
from tests.engine.conftest import make_dataset, make_experiment, make_trainer

OLD = make_dataset(classes=3)
NEW = make_dataset(classes=5)


def saved(trainer: Trainer, place) -> str:
    """Save what a trainer has reached; return where."""
    path = str(place / "old.safetensors")
    save_weights(path, trainer.snapshot(), trainer.experiment, trainer.dataset)
    return path


@pytest.fixture
def trained() -> Trainer:
    trainer = make_trainer(OLD, network__normalization="batch")
    trainer.advance(steps=20)
    return trainer


@pytest.fixture
def path(trained, tmp_path) -> str:
    return saved(trained, tmp_path)


def refused(path: str, dataset=OLD, **knobs) -> str:
    with pytest.raises(ExperimentError) as caught:
        make_trainer(dataset, transfer__weights=path, **knobs)
    return str(caught.value)


# saving and taking


def test_a_file_holds_every_tensor_by_name_and_what_it_was_trained_as(trained, path):
    arrays, snapshot = load_file(path), trained.snapshot()
    np.testing.assert_array_equal(arrays["layer 1/weight"], snapshot.weights(0))
    np.testing.assert_array_equal(arrays["output/bias"], snapshot.biases(2))
    count = sum(array.size for array in arrays.values())
    assert count == snapshot.layout.size + snapshot.layout.buffer_size
    with safe_open(path, framework="np") as file:
        metadata = file.metadata()
    assert Experiment.from_toml(metadata["experiment"]) == trained.experiment
    assert json.loads(metadata["layers"]) == ["layer 1", "layer 2", "output"]
    assert json.loads(metadata["answers"]) == ["class 0", "class 1", "class 2"]


@pytest.mark.parametrize("normalization", ["none", "batch", "layer", "weight"])
def test_what_was_saved_is_begun_with_to_the_bit(tmp_path, normalization):
    trained = make_trainer(OLD, network__normalization=normalization)
    trained.advance(steps=20)
    again = make_trainer(OLD, network__normalization=normalization, transfer__weights=saved(trained, tmp_path))
    for name in ("parameters", "buffers"):
        np.testing.assert_array_equal(getattr(again.snapshot(), name), getattr(trained.snapshot(), name))
    assert all(": taken (" in line for line in again.taken)
    assert again.evaluate().validation_loss == trained.evaluate().validation_loss
    again.advance(steps=5)
    again.reset()
    np.testing.assert_array_equal(again.snapshot().parameters, trained.snapshot().parameters)


def test_layers_are_matched_by_name_and_shape_and_the_rest_is_drawn_as_ever(trained, path):
    knobs = {"network__normalization": "batch", "network__layers": [6, 7]}
    mixed, drawn = make_trainer(NEW, transfer__weights=path, **knobs), make_trainer(NEW, **knobs)
    assert mixed.taken == (
        "layer 1: taken (6×3)",
        "layer 2: new (7×6, the file's 5×6)",
        "output: new (5×7, the file's 3×5)",
    )
    now, old, fresh = mixed.snapshot(), trained.snapshot(), drawn.snapshot()
    np.testing.assert_array_equal(now.weights(0), old.weights(0))
    for layer in (1, 2):
        np.testing.assert_array_equal(now.weights(layer), fresh.weights(layer))


def test_an_output_of_other_classes_is_new_even_of_the_same_shape(trained, path):
    other = replace(OLD, class_names=("oak", "elm", "ash"))
    mixed = make_trainer(other, transfer__weights=path, network__normalization="batch")
    assert mixed.taken[2] == "output: new (it answers 'oak, elm, ash', the file's 'class 0, class 1, class 2')"
    assert not np.array_equal(mixed.snapshot().weights(2), trained.snapshot().weights(2))


def test_an_output_is_new_where_the_knob_says_so(path):
    mixed = make_trainer(OLD, transfer__weights=path, transfer__output="new", network__normalization="batch")
    assert mixed.taken[2].startswith("output: new")


@pytest.mark.parametrize(("old", "new", "why"), [
    ("none", "batch", "the file's has no scale"),
    ("batch", "none", "the file's has 'mean' as well"),
])  # fmt: skip
def test_a_layer_that_is_normalized_otherwise_is_new(tmp_path, old, new, why):
    trained = make_trainer(OLD, network__normalization=old)
    mixed = make_trainer(OLD, network__normalization=new, transfer__weights=saved(trained, tmp_path))
    assert mixed.taken[0] == f"layer 1: new ({why})"
    assert mixed.taken[2].startswith("output: taken")


# training on


def test_frozen_layers_do_not_move_and_the_others_do(path):
    knobs = {"network__normalization": "batch", "transfer__weights": path, "transfer__frozen": 1}
    trainer = make_trainer(OLD, **knobs)
    before = trainer.snapshot()
    trainer.advance(steps=30)
    after, (start, stop) = trainer.snapshot(), trainer.built.layout.spans[0]
    np.testing.assert_array_equal(after.parameters[start:stop], before.parameters[start:stop])
    assert (after.parameters[stop:] != before.parameters[stop:]).mean() > 0.9
    statistics = [t for t in trainer.built.layout.buffers if t.layer == 0]
    for t in statistics:
        np.testing.assert_array_equal(after.buffers[t.start : t.stop], before.buffers[t.start : t.stop])
    assert trainer.retune(trainer.experiment.replace("transfer.frozen", 0))
    trainer.advance(steps=5)
    assert (trainer.snapshot().parameters[start:stop] != before.parameters[start:stop]).any()


def test_the_old_part_has_its_own_rate_and_the_new_part_the_optimizers(tmp_path):
    """Against torch: one step of SGD with two groups of parameters."""
    path = saved(make_trainer(OLD, network__layers=[6]), tmp_path)
    knobs = {"network__layers": [6], "transfer__weights": path, "optimizer__lr": 0.5, "optimizer__momentum": 0.0}
    trainer = make_trainer(NEW, transfer__old_rate=0.1, **knobs)
    assert [line.split(":")[1][:5] for line in trainer.taken] == [" take", " new "]
    first = trainer.snapshot()
    tensors = [torch.tensor(v.copy()) for i in (0, 1) for v in (first.weights(i), first.biases(i))]
    w1, b1, w2, b2 = (tensor.requires_grad_() for tensor in tensors)
    optimizer = torch.optim.SGD([{"params": [w1, b1], "lr": 0.05}, {"params": [w2, b2], "lr": 0.5}], lr=1.0)
    rows = trainer._setup.orders(range(1))[0]
    x, y = (torch.as_tensor(v)[rows] for v in (NEW.train.inputs, NEW.train.targets))
    torch.nn.functional.cross_entropy(torch.tanh(x @ w1.T + b1) @ w2.T + b2, y).backward()
    optimizer.step()
    trainer.advance(steps=1)
    after = trainer.snapshot()
    for i, (weight, bias) in enumerate([(w1, b1), (w2, b2)]):
        np.testing.assert_allclose(after.weights(i), weight.detach(), rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(after.biases(i), bias.detach(), rtol=1e-5, atol=1e-6)


def test_a_live_rate_of_the_old_part_takes_hold_in_the_running_training(path):
    trainer = make_trainer(OLD, network__normalization="batch", transfer__weights=path, regularization__l2=0.1)
    trainer.advance(steps=3)
    assert trainer.retune(trainer.experiment.replace("transfer.old_rate", 0.0))
    before = trainer.snapshot().parameters
    trainer.advance(steps=3)
    np.testing.assert_array_equal(trainer.snapshot().parameters, before)  # all of it was taken


def test_members_of_a_population_begin_with_the_file_each_as_it_would_alone(path):
    experiment = make_experiment(OLD, transfer__weights=path, network__normalization="batch", transfer__old_rate=0.5)
    rates = [0.1, 0.01]
    together = Population(experiment, over="optimizer.lr", values=rates, device="cpu", dataset=OLD)
    together.advance(steps=10)
    assert together.taken == Trainer(experiment, device="cpu", dataset=OLD).taken
    for i, rate in enumerate(rates):
        alone = Trainer(experiment.replace("optimizer.lr", rate), device="cpu", dataset=OLD)
        alone.advance(steps=10)
        found = together.snapshot(i).parameters
        np.testing.assert_allclose(found, alone.snapshot().parameters, rtol=1e-4, atol=1e-5)


def test_a_population_over_files_takes_each_of_them(path, trained, tmp_path):
    other = str(tmp_path / "other.safetensors")
    trained.advance(steps=5)
    save_weights(other, trained.snapshot(), trained.experiment, OLD)
    experiment = make_experiment(OLD, network__normalization="batch")
    values = [path, other]
    together = Population(experiment, over="transfer.weights", values=values, device="cpu", dataset=OLD)
    for i, place in enumerate(values):
        np.testing.assert_array_equal(together.snapshot(i).weights(0), load_file(place)["layer 1/weight"])


# files that are refused


class Trap:
    """What runs when a pickle is read."""

    def __init__(self, mark) -> None:
        self.mark = mark

    def __reduce__(self):
        return (open, (str(self.mark), "w"))


@pytest.mark.parametrize("form", ["pickle", "torch", "torch, old"])
@pytest.mark.parametrize("name", ["evil.pt", "evil.safetensors"])
def test_a_pickle_is_refused_and_nothing_of_it_is_executed(tmp_path, form, name):
    mark, file = tmp_path / "executed", tmp_path / name
    if form == "pickle":
        file.write_bytes(pickle.dumps(Trap(mark)))
    else:
        torch.save({"layer 1/weight": Trap(mark)}, file, _use_new_zipfile_serialization=form == "torch")
    assert "looks like a pickle" in refused(str(file))
    assert not mark.exists()


def header(text: str | bytes, size: int | None = None, body: bytes = b"") -> bytes:
    content = text if isinstance(text, bytes) else text.encode()
    return struct.pack("<Q", len(content) if size is None else size) + content + body


NOT_WEIGHTS = {
    "empty": (b"", "is no safetensors file"),
    "text": (b"hello, world, this is a text", "is no safetensors file"),
    "a header of all memory": (header("{}", 2**63), "claims 9,223,372,036,854,775,808 bytes"),
    "a header beyond the file": (header("{}", 5_000), "claims 5,000 bytes, the file has 10"),
    "no tensors": (header("{}"), "has no layer that fits"),
    "no JSON": (header("{ab}"), "is damaged"),
    "JSON without end": (header('{"a":' * 5_000), "is damaged"),
    "data beyond the file": (header('{"layer 1/weight":{"dtype":"F32","shape":[6,3],"data_offsets":[0,72]}}'), "dama"),
    "a shape without end": (
        header('{"layer 1/weight":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'),
        "is damaged",
    ),
}


@pytest.mark.parametrize(("content", "said"), NOT_WEIGHTS.values(), ids=NOT_WEIGHTS)
def test_what_is_no_weights_is_refused_with_one_line(tmp_path, content, said):
    file = tmp_path / "strange.safetensors"
    file.write_bytes(content)
    line = refused(str(file))
    assert line.startswith(f"{file}: ")
    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize("keep", [4, 100, -1, -100])
def test_a_truncated_file_is_refused(path, keep):
    file = Path(path)
    file.write_bytes(file.read_bytes()[:keep])
    assert "old.safetensors: is " in refused(path, network__normalization="batch")


def test_weights_of_another_program_are_refused_with_what_would_do(tmp_path):
    file = str(tmp_path / "resnet.safetensors")
    save_file({"conv1.weight": np.zeros((4, 3), np.float32)}, file)
    line = refused(file)
    assert "has no layer that fits this network: layer 1: new (the file has none)" in line
    assert line.endswith("with at least one layer of the same shape")


def test_wrong_shapes_everywhere_are_refused(path):
    assert "layer 1: new (9×3, the file's 6×3)" in refused(path, network__layers=[9, 9], network__normalization="batch")


@pytest.mark.parametrize(("change", "said"), [
    (lambda values: values.astype(np.int32), "layer 1/weight is of type 'I32'; allowed: F64, F32, F16, BF16"),
    (lambda values: values * np.nan, "layer 1/weight holds numbers that are not finite"),
    (lambda values: values.astype(np.float64) * 1e300, "layer 1/weight holds numbers that are not finite"),
])  # fmt: skip
def test_what_are_no_finite_numbers_is_refused(tmp_path, change, said):
    arrays = load_file(saved(make_trainer(OLD), tmp_path))
    file = str(tmp_path / "other.safetensors")
    save_file({**arrays, "layer 1/weight": change(arrays["layer 1/weight"])}, file)
    assert said in refused(file)


@pytest.mark.parametrize("kind", [np.float16, np.float64])
def test_numbers_of_other_precision_are_taken(tmp_path, kind):
    arrays = load_file(saved(make_trainer(OLD), tmp_path))
    file = str(tmp_path / "other.safetensors")
    save_file({name: values.astype(kind) for name, values in arrays.items()}, file)
    found = make_trainer(OLD, transfer__weights=file).snapshot().weights(0)
    np.testing.assert_array_equal(found, arrays["layer 1/weight"].astype(kind).astype(np.float32))


@pytest.mark.parametrize(("weights", "said"), [
    ("resource:nothing", "there are resource:digits-low"),
    ("resource:../presets/digits", "does not come with the program"),
    ("\0", "is no file"),
    (".", "is not a file"),
    ("nowhere/at/all.safetensors", "cannot be read: no such file"),
])  # fmt: skip
def test_a_place_without_weights_is_told(weights, said):
    assert said in refused(weights)


@cache
def good() -> bytes:
    """A small file of weights."""
    arrays = {"layer 1/weight": np.ones((6, 3), np.float32), "layer 1/bias": np.ones(6, np.float32)}
    return save(arrays, {"answers": '["class 0"]', "experiment": "format = 1"})


@st.composite
def mutated(draw) -> bytes:
    """That file with bytes changed, left out, put in or cut off; its header's length kept true now and then."""
    content = bytearray(good())
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(content) - 1, 0)))
        new = draw(st.binary(max_size=3) | st.sampled_from([b'"', b"{", b"[", b"9", b"-1", b"1e9", b"\xff", b"null"]))
        content[at : at + draw(st.integers(0, 4))] = new
    if draw(st.booleans()):
        end = content.find(b"}}") + 2
        content[:8] = struct.pack("<Q", max(end - 8, 0))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.integers(0, 9)) == 0 else content)


LAYOUT = make_trainer(OLD).built.layout


@settings(max_examples=2_000, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_a_mutated_file_is_taken_or_refused_with_one_line_and_nothing_else(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "mutated.safetensors"
    file.write_bytes(content)
    try:
        taken = load_weights(str(file), LAYOUT, OLD)
    except ExperimentError as error:
        line = str(error)
    else:
        line = f"{file}: taken"
        assert taken.layers == (True, False, False)
        assert all(torch.isfinite(values).all() for _, values in taken.parameters)
    assert line.startswith(f"{file}: ")
    assert "\n" not in line
