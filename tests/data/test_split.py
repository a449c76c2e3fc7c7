"""The split into training and validation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.data.split import choose, split
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import training_rows

shares = st.floats(0.05, 0.9)
seeds = st.integers(0, 2**31 - 1)
class_sizes = st.lists(st.integers(1, 60), min_size=1, max_size=12).filter(lambda sizes: sum(sizes) >= 2)


def classes_of(sizes, seed=0):
    return np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))


@given(n=st.integers(2, 400), share=shares, seed=seeds, stratified=st.booleans())
def test_parts_are_disjoint_complete_and_of_the_promised_size(n, share, seed, stratified):
    targets = np.random.default_rng(seed).integers(0, 5, n)
    train, validation = split(targets, share, seed, stratified)
    assert train.dtype == validation.dtype == np.int64
    assert len(train) == training_rows(n, share)
    assert np.array_equal(np.sort(np.concatenate([train, validation])), np.arange(n))


@given(sizes=class_sizes, share=shares, seed=seeds)
def test_a_class_of_two_or_more_is_in_both_parts_where_both_have_room(sizes, share, seed):
    targets = classes_of(sizes)
    train, validation = split(targets, share, seed, stratified=True)
    plural = {i for i, size in enumerate(sizes) if size > 1}
    if len(validation) >= len(plural):
        assert plural <= set(targets[validation])
    if len(train) >= len(plural):
        assert plural <= set(targets[train])


@given(sizes=class_sizes, share=shares, seed=seeds)
def test_classes_are_dealt_out_in_proportion_to_within_one_sample(sizes, share, seed):
    targets = classes_of(sizes)
    _, validation = split(targets, share, seed, stratified=True)
    fair = np.array(sizes) * len(validation) / len(targets)
    dealt = np.bincount(targets[validation], minlength=len(sizes))
    crowded = (fair < 1) | (fair > np.array(sizes) - 1)  # a class so small that its place in a part is at others' cost
    if not crowded.any():
        assert np.all(np.abs(dealt - fair) < 1)
    assert np.all(dealt[crowded] <= np.ceil(fair[crowded]))
    assert np.all(dealt[crowded] >= np.floor(fair[crowded]))


def test_remainders_decide_who_gets_the_last_places():
    targets = classes_of([50, 30, 17])  # a share of 0.3 makes 29 places: 14.95, 8.97 and 5.08
    _, validation = split(targets, 0.3, 0, stratified=True)
    assert np.bincount(targets[validation]).tolist() == [15, 9, 5]


def test_rare_classes_are_validated_at_the_cost_of_a_large_one():
    targets = classes_of([1000] + [2] * 10)
    train, validation = split(targets, 0.05, 0, stratified=True)
    assert np.bincount(targets[validation]).tolist() == [41] + [1] * 10
    assert np.bincount(targets[train]).tolist() == [959] + [1] * 10


def test_text_can_be_stratified():
    _, validation = split(np.array(["no", "yes"] * 50), 0.5, 0, stratified=True)
    assert len(validation) == 50
    assert np.count_nonzero(validation % 2) == 25


@pytest.mark.parametrize("stratified", [False, True])
def test_a_seed_gives_the_same_split_and_another_seed_another(stratified):
    targets = np.arange(200) % 3
    first, again, other = (split(targets, 0.3, seed, stratified) for seed in (7, 7, 8))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(np.sort(first[0]), np.sort(other[0]))


@pytest.mark.parametrize("stratified", [False, True])
def test_rows_come_shuffled(stratified):
    targets = np.arange(400) // 200
    for rows in split(targets, 0.5, 3, stratified):
        assert abs(np.corrcoef(rows, np.arange(200))[0, 1]) < 0.25
        assert 20 < np.count_nonzero(targets[rows[:100]]) < 80


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_rows_cannot_be_split(n):
    with pytest.raises(ExperimentError, match="at least 2"):
        split(np.zeros(n), 0.5, 0, stratified=False)


@given(sizes=class_sizes, limit=st.integers(1, 200), seed=seeds)
def test_rows_are_chosen_in_order_of_every_class_in_proportion(sizes, limit, seed):
    classes = classes_of(sizes)
    rows = choose(classes, limit, seed)
    assert len(rows) == min(limit, len(classes))
    assert np.all(np.diff(rows) > 0)
    fair = np.array(sizes) * len(rows) / len(classes)
    dealt = np.bincount(classes[rows], minlength=len(sizes))
    crowded = (fair < 1) | (fair > np.array(sizes) - 1)
    assert crowded.any() or np.all(np.abs(dealt - fair) < 1)
    assert np.array_equal(rows, choose(classes, limit, seed))


def test_without_a_limit_every_row_is_chosen_and_with_one_the_seed_decides():
    classes = classes_of([50, 50])
    assert choose(classes, 0, 1).tolist() == list(range(100))
    assert choose(classes, 20, 1).tolist() != choose(classes, 20, 2).tolist()
