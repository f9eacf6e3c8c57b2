"""``--data`` in all its forms: which root serves which source."""

from pathlib import Path
from typing import Any

import pytest

from automl.errors import InputError
from automl.skill import DataSource, SkillInfo
from automl.trial.data.roots import DataRoots, read_roots, sources_of

INFO = SkillInfo(
    name="net",
    data_sources={
        "train": {"a": DataSource("train_datasets", "x"), "b": DataSource("eval_dataset", "y")},
        "inference": {"c": DataSource("inference_dataset", "x"), "d": DataSource(None, "z")},
    },
)


def test_the_sources_of_a_skill_are_those_of_all_its_actions() -> None:
    assert sources_of(INFO) == ("train_datasets", "eval_dataset", "inference_dataset")


@pytest.mark.parametrize(
    "word", ["eval_dataset", "eval-dataset", "eval", "e", "eval_data"], ids=lambda word: word
)
def test_a_source_has_short_forms(word: str) -> None:
    assert read_roots(f"{word}=/data", INFO) == DataRoots(None, {"eval_dataset": ("/data",)})


@pytest.mark.parametrize(
    "root",
    [
        "/data",
        "s3://b/k?x=1",
        "C:\\data=1\\x",
        "https://h/a.tar?sig=a%3D=",
        "./train=1",
        "a.b=c",
    ],
)
def test_a_root_with_an_equals_sign_is_no_source(root: str) -> None:
    assert read_roots(root, INFO) == DataRoots(root)
    assert read_roots(f"train={root}", INFO).named == {"train_datasets": (root,)}


def test_a_bare_root_serves_what_has_no_root_of_its_own() -> None:
    roots = read_roots(["/all", "eval=/own", "train=/a", "train=/b"], INFO)
    assert roots.of("eval_dataset") == ("/own",)
    assert roots.of("train_datasets") == ("/a", "/b")
    assert roots.of("inference_dataset") == roots.of(None) == ("/all",)
    assert DataRoots().of("train_datasets") == ()


@pytest.mark.parametrize(
    "data",
    [
        {"train": Path("/a"), "eval_dataset": ["/b", "/c"]},
        ["train=/a", "eval=/b", "eval=/c"],
        ("train=/a", "eval=/b", "eval=/c"),
    ],
)
def test_python_and_config_files_may_give_a_list_or_a_mapping(data: Any) -> None:
    named = {"train_datasets": ("/a",), "eval_dataset": ("/b", "/c")}
    assert read_roots(data, INFO) == DataRoots(None, named)


def test_a_root_below_the_home_folder_is_expanded_behind_a_source(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert read_roots("train=~/data", INFO).named == {"train_datasets": ("/home/me/data",)}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("valid=/x", r"valid is no source of net; known: train_datasets \(train=\), eval_dataset"),
        ({"": "/x"}, "may be train_datasets or eval_dataset or inference_dataset"),
        (["/a", "/b"], "--data /a and --data /b would serve the same sources"),
        ("s3://me:pass-word@h/x", "holds a password"),
        ("eval=s3://me:pass-word@h/x", "holds a password"),
        ("train=", "--data train: names no folder and no URL"),
        ({"train": 3}, "must name folders or URLs"),
        ([3], "must name folders or URLs"),
    ],
)
def test_what_is_wrong_with_roots_is_said(data: Any, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        read_roots(data, INFO)
    assert "pass-word" not in str(caught.value)


def test_roots_of_a_parent_serve_what_has_no_root_here() -> None:
    parent = read_roots(["/all", "eval=/own"], INFO).for_sources(
        ["train_datasets", "eval_dataset", None]
    )
    assert parent == DataRoots(None, {"train_datasets": ("/all",), "eval_dataset": ("/own",)})
    here = read_roots("eval=/new", INFO)
    assert here.over(parent).named == {"train_datasets": ("/all",), "eval_dataset": ("/new",)}
    assert read_roots("/new", INFO).over(parent) == DataRoots("/new")


def test_roots_survive_the_plan() -> None:
    roots = read_roots(["/all", "eval=/own"], INFO)
    assert DataRoots.from_dict(roots.to_dict()) == roots
    assert DataRoots.from_dict(None) == DataRoots()
    assert roots.lines() == ["/all", "eval_dataset=/own"]
