"""A run's knobs are read part by part, and yet are what its text says."""

import tomllib

import pytest

from nnplayground import resources
from nnplayground.experiment import Experiment
from nnplayground.runs.store.row import _knobs


def leaves(value, path=""):
    if not isinstance(value, dict):
        return {path: value}
    return {p: v for name, inner in value.items() for p, v in leaves(inner, f"{path}.{name}" if path else name).items()}


STRANGE = [
    "",
    "a = 1",
    '[a]\nb = """\n[c]\nd = 1\n"""\n',
    "[a]\nb = '''\n[c]\n'''\n",
    "[[a]]\nb = 1\n[[a]]\nb = 2\n",
    "[a]\n[b]\n",
    "[a.b]\nc = 1\n[a]\nd = 2\n",
    "[a] # words\nb = 1 # more\n\n[c]\nd = [\n[1],\n]\n",
    '[a]\n"b.c" = 1\nd = "=["\ne = { f = 1 }\n',
    "[a]\r\nb = 1\r\n",
    '["a"]\nb = 1\n[c]\nd = 2',
]


@pytest.mark.parametrize("text", [*STRANGE, *(Experiment.load(p).to_toml() for p in resources.presets().values())])
def test_knobs_are_those_of_the_text_read_as_a_whole(text):
    assert _knobs(text) == leaves(tomllib.loads(text))


@pytest.mark.parametrize("text", ["[a", "a = ", "[a]\nb", "[a]\nb = [\n"])
def test_what_is_no_toml_is_refused(text):
    with pytest.raises(tomllib.TOMLDecodeError):
        _knobs(text)
