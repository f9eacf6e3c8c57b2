"""Keys as users write them: full, shorthand, unique suffix; otherwise the nearest names."""

import pytest

from automl.errors import SpecError
from automl.spec import parse_override, resolve_key
from automl.spec.keys import ParsedText

KNOWN = ["train.optim.base_lr", "train.batch_size", "dataset.val.batch_size", "model.opts", "lr"]
SHORT = {"learning_rate": "train.optim.base_lr", "batch_size": "train.batch_size"}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("train.optim.base_lr", "train.optim.base_lr"),
        ("learning_rate", "train.optim.base_lr"),
        ("batch_size", "train.batch_size"),
        ("base_lr", "train.optim.base_lr"),
        ("optim.base_lr", "train.optim.base_lr"),
        ("val.batch_size", "dataset.val.batch_size"),
        ("lr", "lr"),
        ("model.opts.deep.key", "model.opts.deep.key"),
        ("model.opts[0]", "model.opts[0]"),
        ("opts[0].deep", "model.opts[0].deep"),
        ("batch_size[1]", "train.batch_size[1]"),
    ],
)
def test_a_key_is_found(name: str, key: str) -> None:
    assert resolve_key(name, KNOWN, SHORT) == key


def test_an_ambiguous_suffix_lists_the_candidates() -> None:
    with pytest.raises(SpecError, match=r"ambiguous.*dataset.val.batch_size, train.batch_size"):
        resolve_key("batch_size", KNOWN, {})


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("base_lrr", "train.optim.base_lr"),
        ("train.optim.baselr", "train.optim.base_lr"),
        ("learning_rat", "learning_rate"),
        ("Base_LR", "train.optim.base_lr"),
        ("optim.batchsize", "batch_size"),
        ("LR", "train.optim.base_lr"),
        ("optim.size", "train.batch_size"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest(name: str, near: str) -> None:
    with pytest.raises(SpecError, match="did you mean") as caught:
        resolve_key(name, KNOWN, SHORT)
    assert near in str(caught.value)


@pytest.mark.parametrize("name", ["optim", "train.optim"])
def test_a_collection_is_refused_as_one_with_its_members(name: str) -> None:
    with pytest.raises(SpecError, match=f"'{name}' is a collection.*holds train.optim.base_lr$"):
        resolve_key(name, KNOWN, SHORT)


def test_a_large_collection_shows_a_few_members() -> None:
    with pytest.raises(SpecError, match=r"it holds train.a0, .*, train.a4, \.\.\.$"):
        resolve_key("train", [f"train.a{i}" for i in range(9)], {})


def test_nothing_is_offered_where_nothing_is_near() -> None:
    with pytest.raises(SpecError, match="unknown key 'zzzz'$"):
        resolve_key("zzzz", KNOWN, SHORT)


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("a.b=1", ("a.b", ParsedText(1, "1"))),
        ("a = 1.0e-3", ("a", ParsedText(0.001, "1.0e-3"))),
        ("a=1e-3", ("a", "1e-3")),
        ("a=[1, 2]", ("a", [1, 2])),
        ("a={b: c=d}", ("a", {"b": "c=d"})),
        ("a=", ("a", "")),
        ("a=null", ("a", ParsedText(None, "null"))),
        ("a=true", ("a", ParsedText(True, "true"))),
        ("a=b #1", ("a", ParsedText("b", "b #1"))),
        ("a=*.jpg", ("a", "*.jpg")),
        ("a=%d", ("a", "%d")),
        ("a=''", ("a", "")),
    ],
)
def test_values_are_yaml(text: str, pair: tuple[str, object]) -> None:
    assert parse_override(text) == pair


@pytest.mark.parametrize("text", ["a", "=3", "a=[1", "a=!!python/object:os.system {}"])
def test_malformed_overrides_are_refused(text: str) -> None:
    with pytest.raises(SpecError, match="override"):
        parse_override(text)
