"""Features by a backbone, against closed forms on a small network in torchvision's place, and against torchvision."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pickle
import socket
import sys
import threading
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from nnplayground.data import Cancelled, load
from nnplayground.data.backbones import keeping, vision
from nnplayground.data.backbones.network import DEVIATION, MEAN, Backbone
from nnplayground.data.progress import Progress
from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.backbones import FEATURES
from nnplayground.experiment.datasets import Folder, Idx
from tests.data.test_images_folder import fill

NAMES = [name for name in FEATURES if name != "none"]


class Small(torch.nn.Module):
    """A network as torchvision's: its features are linear in the mean of each colour, and a last layer follows."""

    def __init__(self, name, classes=1000):
        super().__init__()
        self.convolution = torch.nn.Conv2d(3, FEATURES[name], 1)
        self.norm = torch.nn.BatchNorm2d(FEATURES[name])
        self.head = vision.HEADS[name]
        setattr(self, self.head, torch.nn.Linear(FEATURES[name], classes))
        self.seen = []  # the shape of every piece

    def forward(self, images):
        self.seen.append(tuple(images.shape))
        assert not self.training
        assert not torch.is_grad_enabled()
        return getattr(self, self.head)(self.norm(self.convolution(images)).mean(dim=(2, 3)))


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """The folder where features are kept."""
    monkeypatch.setattr(keeping, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "features"


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A torchvision of small networks; says which were built, and where their weights are fetched from."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    told = SimpleNamespace(built=[], url="")

    def get_model(name, *, weights):
        assert weights is None
        told.built.append(Small(name))
        return told.built[-1]

    models = ModuleType("torchvision.models")
    models.get_model = get_model
    models.get_model_weights = lambda _: SimpleNamespace(DEFAULT=SimpleNamespace(url=told.url))
    package = ModuleType("torchvision")
    package.models = models
    monkeypatch.setitem(sys.modules, "torchvision", package)
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    return told


@pytest.fixture
def pets(tmp_path):
    return fill(tmp_path / "pets", size=(40, 30))


def folder(path, **knobs):
    given = {"size": 32, "colour": "rgb", "backbone": "resnet18", "backbone_weights": "random", "seen_at": 32}
    return Folder(path=str(path), **{**given, **knobs})


def backbone(name="resnet18", seen_at=32, seed=1):
    return Backbone.of(name, "random", seen_at, seed, Progress())


def looks(small):
    """Return how many images were looked at."""
    return sum(shape[0] for network in small.built for shape in network.seen)


def fault(data):
    with pytest.raises(ExperimentError) as raised:
        load(data, 1)
    line = str(raised.value)
    assert "\n" not in line
    assert "allowed: " in line
    return line


def by_hand(network, pixels):
    """Return a small network's features in float64."""
    weight, bias = (
        t.detach().double().numpy() for t in (network.convolution.weight[:, :, 0, 0], network.convolution.bias)
    )
    inputs = (pixels.astype(float) / 255).mean(axis=(2, 3))
    plain = ((inputs - np.array(MEAN)) / np.array(DEVIATION)) @ weight.T + bias
    return plain / np.sqrt(1 + network.norm.eps)


@pytest.mark.parametrize("name", NAMES)
def test_features_are_what_comes_before_the_last_layers(small, name):
    pixels = np.random.default_rng(0).integers(0, 256, (37, 3, 32, 32), np.uint8)
    features = backbone(name).features(pixels)
    assert features.shape == (37, FEATURES[name])
    np.testing.assert_allclose(features, by_hand(small.built[0], pixels), rtol=1e-4, atol=1e-5)
    assert [shape[0] for shape in small.built[0].seen] == [16, 16, 5]


def test_grey_images_are_seen_in_three_equal_colours(small):
    grey = np.random.default_rng(0).integers(0, 256, (5, 1, 32, 32), np.uint8)
    own = backbone()
    np.testing.assert_array_equal(own.features(grey), own.features(np.repeat(grey, 3, axis=1)))


@pytest.mark.parametrize(("height", "width", "seen"), [(20, 40, (48, 96)), (28, 28, (48, 48)), (100, 75, (64, 48))])
def test_images_are_seen_whole_at_the_size_that_is_asked_for(small, height, width, seen):
    one = np.full((1, 3, height, width), 90, np.uint8)
    features = backbone(seen_at=48).features(one)
    assert small.built[0].seen == [(1, 3, *seen)]
    np.testing.assert_allclose(features, by_hand(small.built[0], one), rtol=1e-4, atol=1e-5)


def test_images_are_dealt_out_as_their_pixels_are(small, pets):
    features, plain = load(folder(pets), 3), load(folder(pets, backbone="none"), 3)
    for part in ("train", "validation"):
        mine, others = getattr(features, part), getattr(plain, part)
        np.testing.assert_array_equal(mine.raw, others.raw)
        np.testing.assert_array_equal(mine.targets, others.targets)
        np.testing.assert_allclose(features.encode(mine.raw), mine.inputs, rtol=1e-4, atol=1e-5)
    assert features.image_shape is None
    assert len(features.input_names) == 512
    assert features.class_names == plain.class_names


@pytest.mark.parametrize("scaling", ["none", "standard", "unit", "symmetric"])
def test_features_are_scaled_by_the_training_part(small, pets, scaling):
    dataset = load(folder(pets, scaling=scaling), 1)
    plain = by_hand(small.built[0], dataset.train.raw.reshape(-1, 3, 32, 32))
    low, high, mean, deviation = plain.min(axis=0), plain.max(axis=0), plain.mean(axis=0), plain.std(axis=0)
    wanted = {
        "none": plain,
        "standard": (plain - mean) / deviation,
        "unit": (plain - low) / (high - low),
        "symmetric": 2 * (plain - low) / (high - low) - 1,
    }
    np.testing.assert_allclose(dataset.train.inputs, wanted[scaling], rtol=1e-2, atol=1e-2)


def test_features_are_computed_once(small, pets):
    first = load(folder(pets), 1)
    assert looks(small) == 20
    again = load(folder(pets, validation_share=0.5, scaling="standard"), 1)
    assert looks(small) == 20
    assert len(again.train) == 10
    np.testing.assert_array_equal(load(folder(pets), 1).train.inputs, first.train.inputs)
    load(folder(pets, seen_at=40), 1)
    assert looks(small) == 40
    load(folder(pets, size=24), 1)
    assert looks(small) == 60
    load(folder(pets), 2)  # which draws other weights
    assert looks(small) == 80


def test_damaged_features_are_computed_anew(small, pets, cache):
    first = load(folder(pets), 1)
    (file,) = cache.iterdir()
    for content in (b"", file.read_bytes()[:-8], pickle.dumps([1]), b"\0" * 200):
        file.write_bytes(content)
        np.testing.assert_array_equal(load(folder(pets), 1).train.inputs, first.train.inputs)
    assert looks(small) == 100


def test_the_oldest_features_make_room(small, monkeypatch, cache):
    features = np.zeros((10, 512), np.float32)
    monkeypatch.setattr(keeping, "MOST_BYTES", 3 * (features.nbytes + 200))
    for number in range(5):
        keeping.keep(f"{number}", features)
        os.utime(cache / f"{number}.npy", (number, number))
    assert {path.stem for path in cache.iterdir()} == {"2", "3", "4"}


def test_a_cache_that_cannot_be_written_is_done_without(small, pets, cache):
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")
    assert load(folder(pets), 1).train.inputs.shape == (16, 512)


def test_a_stop_ends_the_looking_and_keeps_nothing(small, pets, cache):
    told = []

    def cancelled():
        return any("looks at image 1 of" in line for line in told)

    with pytest.raises(Cancelled):
        load(folder(pets), 1, lambda _, line: told.append(line), cancelled)
    assert looks(small) == 16
    assert not cache.exists()


def test_a_network_learns_from_features(small, tmp_path):
    for name, colour in (("night", 40), ("day", 200)):
        (tmp_path / "time" / name).mkdir(parents=True)
        for i in range(10):
            Image.new("RGB", (20, 20), (colour + i, colour, colour - i)).save(tmp_path / "time" / name / f"{i}.png")
    data = folder(tmp_path / "time").model_dump()
    wanted = {"data": data, "network": {"layers": []}, "batches": {"size": 8}}
    trainer = Trainer(Experiment.of(wanted), device="cpu", executor="eager")
    trainer.advance(epochs=40)
    assert trainer.evaluate().validation_metrics[0] == 1.0
    assert trainer.predict(trainer.dataset.validation.inputs).shape == (4, 2)


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_fit_features_is_told_before_anything_is_loaded(name):
    data = {"kind": "folder", "path": "pets", "backbone": name}
    assert Folder(path="pets", backbone=name).known_shape == Idx(images="x", backbone=name).known_shape
    assert Folder(path="pets", backbone=name).known_shape == (FEATURES[name],)
    for changes, path in (
        ({"network": {"layers": [{"kind": "conv"}]}}, "network.layers.0.kind"),
        ({"augmentation": {"flip": 0.5}}, "augmentation.flip"),
    ):
        with pytest.raises(ExperimentError, match=path):
            Experiment.of({"data": data, **changes})


def test_random_weights_hang_on_the_seed_alone(small, pets):
    before = torch.random.get_rng_state()
    one, same, other = (load(folder(pets, scaling="none"), seed).encode for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), before)
    raw = np.full((1, 3 * 32 * 32), 200, np.float32)
    np.testing.assert_array_equal(one(raw), same(raw))
    assert np.abs(one(raw) - other(raw)).max() > 0.1


# without torchvision


def test_without_the_extra_one_line_says_how_to_get_it(monkeypatch, pets):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    line = fault(folder(pets))
    assert line == (
        "data.backbone = 'resnet18' needs torchvision, which is not installed; allowed: 'none', or "
        'pip install "nnplayground[vision]"'
    )
    assert load(folder(pets, backbone="none"), 1).image_shape == (3, 32, 32)


@pytest.mark.parametrize("error", [RuntimeError("operator torchvision::roi does not exist"), ImportError("_C.so")])
def test_a_torchvision_that_does_not_load_is_told_in_one_line(monkeypatch, pets, error):
    def broken():
        raise error

    monkeypatch.setattr(vision, "_models", broken)
    assert f"does not load beside this PyTorch: {str(error)!r}" in fault(folder(pets))


# weights


def state(classes=1000):
    with torch.random.fork_rng():
        torch.manual_seed(7)
        network = Small("resnet18", classes)
    return network, network.state_dict()


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
def test_weights_of_a_file_are_taken_but_for_the_last_layers(small, pets, tmp_path, ending):
    network, tensors = state(classes=7)
    path = tmp_path / f"own.{ending}"
    (torch.save if ending == "pth" else save_file)(tensors, path)
    dataset = load(folder(pets, backbone_weights=str(path), scaling="none"), 1)
    wanted = by_hand(network, dataset.train.raw.reshape(-1, 3, 32, 32))
    np.testing.assert_allclose(dataset.train.inputs, wanted, rtol=1e-4, atol=1e-5)


class Harmful:
    """What leaves a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def _without(tensors, name):
    return {key: tensor for key, tensor in tensors.items() if key != name}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (lambda t, _: _without(t, "convolution.bias"), "has no convolution.bias"),
        (lambda t, _: {**t, "layer9.weight": torch.ones(2)}, "'layer9.weight', which is not of this network"),
        (lambda t, _: {**t, "norm.bias": torch.ones(3)}, "norm.bias is 3, this network's 512"),
        (lambda t, _: {**t, "norm.bias": torch.full((512,), torch.nan)}, "norm.bias holds numbers that are not finite"),
        (lambda *_: [1, 2], "holds no weights by their names"),
        (lambda t, _: {"model": t, "epoch": 3}, "holds no weights by their names"),
        (lambda _, place: {"norm.bias": Harmful(place)}, "holds more than tensors, and is not opened"),
    ],
    ids=["missing", "foreign", "shape", "nan", "list", "checkpoint", "harmful"],
)
def test_a_file_that_does_not_fit_is_refused_in_one_line(small, pets, tmp_path, content, told):
    path = tmp_path / "own.pth"
    torch.save(content(state()[1], tmp_path / "harm"), path)
    line = fault(folder(pets, backbone_weights=str(path)))
    assert line.startswith(f"{path}: ")
    assert told in line
    assert not (tmp_path / "harm").exists()


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
@pytest.mark.parametrize("content", [b"", b"weights", b"PK\x03\x04 and no more", b"\x80\x02.", bytes(range(256))])
def test_what_is_no_file_of_weights_is_refused_in_one_line(small, pets, tmp_path, ending, content):
    path = tmp_path / f"own.{ending}"
    path.write_bytes(content)
    assert fault(folder(pets, backbone_weights=str(path))).startswith(f"{path}: ")


@pytest.mark.parametrize("name", ["nowhere.pth", ".", "nowhere.safetensors", "null\0byte"])
def test_a_path_that_is_no_file_is_refused_in_one_line(small, pets, tmp_path, name):
    fault(folder(pets, backbone_weights=str(tmp_path / name)))


def test_torchvisions_own_weights_are_fetched_once(small, pets, tmp_path):
    network, tensors = state()
    torch.save(tensors, tmp_path / "own.pth")
    content = (tmp_path / "own.pth").read_bytes()
    served = tmp_path / f"small-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    served.write_bytes(content)
    small.url = served.as_uri()
    imagenet = folder(pets, backbone_weights="imagenet", scaling="none")
    first = load(imagenet, 1)
    served.unlink()
    np.testing.assert_array_equal(load(imagenet, 1).train.inputs, first.train.inputs)
    wanted = by_hand(network, first.train.raw.reshape(-1, 3, 32, 32))
    np.testing.assert_allclose(first.train.inputs, wanted, rtol=1e-4, atol=1e-5)


def test_weights_that_come_damaged_are_not_taken(small, pets, tmp_path):
    served = tmp_path / "small-01234567.pth"
    torch.save(state()[1], served)
    small.url = served.as_uri()
    assert "invalid hash value" in fault(folder(pets, backbone_weights="imagenet"))
    assert not list((tmp_path / "torch").rglob("*.pth"))


def test_offline_one_line_says_what_else_there_is(small, pets):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    small.url = f"http://127.0.0.1:{port}/small-01234567.pth"
    line = fault(folder(pets, backbone_weights="imagenet"))
    assert line == (
        f"data.backbone_weights = 'imagenet' cannot be fetched from {small.url}: connection refused; "
        "allowed: 'imagenet', 'random', or a .pth or .safetensors file of the same network"
    )


def test_fetching_that_hangs_can_be_stopped(small, pets):
    told = []
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        small.url = f"http://127.0.0.1:{silent.getsockname()[1]}/small-01234567.pth"
        with pytest.raises(Cancelled):
            load(
                folder(pets, backbone_weights="imagenet"),
                1,
                lambda _, line: told.append(line),
                lambda: any("fetching" in line for line in told),
            )
    for thread in threading.enumerate():
        if thread.name == "backbone":
            thread.join(60)
            assert not thread.is_alive()


# torchvision itself


@pytest.mark.skipif(importlib.util.find_spec("torchvision") is None, reason="torchvision is not installed")
@pytest.mark.parametrize("name", NAMES)
def test_features_are_those_of_torchvisions_own_network(name, tmp_path):
    """Against the whole network, watched where it pools, after torchvision's own preparation of images."""
    models = vision.models(name)
    from torchvision.transforms import functional

    own = models.get_model_weights(name).DEFAULT.transforms()
    assert (tuple(own.mean), tuple(own.std)) == (MEAN, DEVIATION)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        whole = models.get_model(name, weights=None).eval()
    torch.save(whole.state_dict(), tmp_path / "whole.pth")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 3, 40, 60), np.uint8)
    watched = []
    whole.avgpool.register_forward_hook(lambda *told: watched.append(told[2].flatten(1)))
    seen = functional.resize(torch.as_tensor(pixels) / 255, 64, antialias=True)
    with torch.no_grad():
        whole(functional.normalize(seen, MEAN, DEVIATION))
    features = Backbone.of(name, str(tmp_path / "whole.pth"), 64, 1, Progress()).features(pixels)
    scale = float(watched[0].abs().max())
    np.testing.assert_allclose(features, watched[0].numpy(), rtol=1e-4, atol=1e-5 * scale)
