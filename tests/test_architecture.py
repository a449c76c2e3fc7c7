"""The rules of the house that import-linter cannot say."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import nnplayground

PACKAGE = Path(nnplayground.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
NONDESCRIPT = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}
LIBRARIES = ("torch", "numpy", "sklearn", "pyarrow", "pandas", "PIL", "PySide6", "pyqtgraph")
BROAD = {"gui/worker.py", "data/aside.py"}  # where anything may be caught and kept: in threads, for who waits


@pytest.fixture(params=MODULES)
def module(request):
    """A module's path below the package."""
    return request.param


def tree(module):
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def words(name):
    """Return the words of a name in snake_case or CamelCase, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def calls(module):
    """Yield the name that each call of a module calls."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Call):
            yield node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def imported_by(module):
    """Return the libraries that importing a module brings in, in a fresh interpreter."""
    code = f"import sys, {module}; print(*({{n.split('.')[0] for n in sys.modules}} & {set(LIBRARIES)}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("module_name", "allowed"),
    [
        ("nnplayground", set()),
        ("nnplayground.experiment", set()),
        ("nnplayground.experiment.catalogue", set()),
        ("nnplayground.resources", set()),
        ("nnplayground.cli", set()),
        ("nnplayground.__main__", set()),
        ("nnplayground.data", {"numpy"}),
        ("nnplayground.engine", {"numpy"}),
        ("nnplayground.engine.probes", {"numpy"}),
        ("nnplayground.engine.chunk", {"numpy"}),
        ("nnplayground.runs", {"numpy"}),
        ("nnplayground.engine.trainer", {"numpy", "torch"}),
    ],
)
def test_a_module_brings_in_no_more_than_it_needs(module_name, allowed):
    assert imported_by(module_name) <= allowed


def test_a_module_says_in_one_to_three_lines_what_lives_in_it(module):
    said = (ast.get_docstring(tree(module)) or "").split("\n\n")[0]  # what follows may tell more
    assert 1 <= len(said.splitlines()) <= 3
    assert said.endswith(".")


def test_a_module_with_code_of_its_own_postpones_annotations(module):
    body = tree(module).body
    if any(isinstance(node, (ast.FunctionDef, ast.ClassDef)) for node in body):
        imports = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
        assert [alias.name for node in imports for alias in node.names] == ["annotations"]


def test_nothing_has_a_name_that_says_nothing(module):
    names = [Path(module).stem, *Path(module).parent.parts]
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names += [node.name for node in ast.walk(tree(module)) if isinstance(node, definitions)]
    assert {name for name in names if words(name) & NONDESCRIPT} == set()


def test_the_scan_of_names_finds_such_names():
    assert [bool(words(name) & NONDESCRIPT) for name in ("RunManager", "draw_utils", "commonly", "HTTPHelper")] == [
        True,
        True,
        False,
        True,
    ]


def test_colours_come_from_the_theme_alone(module):
    if module != "gui/theme.py":
        assert "setStyleSheet" not in calls(module)


def test_only_the_command_line_prints(module):
    if not module.startswith("cli/"):
        assert "print" not in calls(module)


def test_what_a_kind_has_to_say_for_itself_is_declared_abstract(module):
    if not module.startswith("gui/"):  # whose widgets have a metaclass of Qt's
        names = {node.id for node in ast.walk(tree(module)) if isinstance(node, ast.Name)}
        assert "NotImplementedError" not in names


def test_no_function_changes_a_global(module):
    assert not [node for node in ast.walk(tree(module)) if isinstance(node, ast.Global)]


def test_errors_are_caught_broadly_in_threads_alone(module):
    for node in ast.walk(tree(module)):
        broad = isinstance(node, ast.ExceptHandler) and (
            node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
        )
        if broad:
            passed_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            assert module in BROAD or passed_on


def test_the_modules_were_found():
    assert {"experiment/experiment.py", "engine/trainer.py", "gui/theme.py"} <= MODULES.keys()
