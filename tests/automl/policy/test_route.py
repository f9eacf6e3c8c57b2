"""The policy's sentences, and every route: sweep or direct run, by policy, request and skill."""

import pytest

from automl.errors import PolicyError
from automl.policy import choose_route, read_policy
from automl.skill import Runnability

NOT_RUNNABLE = "AutoML is enabled but not runnable for this model until schemas are generated"
READY = Runnability(ok=True, missing=(), reason="")
BROKEN = Runnability(
    ok=False,
    missing=("schemas/train.schema.json",),
    reason=f"{NOT_RUNNABLE} (schemas/train.schema.json is missing)",
)


@pytest.mark.parametrize(
    "sentence",
    [
        "train reid, no HPO",
        "plain training please",
        "turn off AutoML",
        "Turn AutoML off and train",
        "please disable AutoML for this one",
        "train without hyperparameter search",
        "skip hyper-parameter tuning",
        "don't use AutoML",
        "do not run HPO",
        "I don’t want any AutoML",
        "automl_policy: off",
        "just train on my crops",
        "关闭AutoML",
        "请禁用 AutoML，训练行人重识别",
        "不要做调参，普通训练",
        "把AutoML关闭",
        "with AutoML disabled",
        "AutoML disabled",
        "AutoML should be off",
        "there is no need for HPO",
        "AutoML is not needed",
        "AutoML关掉",
        "AutoML 关闭",
        "train with HPO turned off",
        "no need to run a sweep",
        "HPO isn't needed here",
        "AutoML must not be used",
        "dont use AutoML",
        "I do not really want AutoML",
        "please don't run with AutoML",
        "no sweeping, please",
        "plain training instead of AutoML",
        "AutoML不需要",
        "AutoML不要打开",
        "需要AutoML关掉",
        "HPO needs to be off",
        "automl=false",
        "no more sweeps",
    ],
)
def test_sentences_that_turn_it_off(sentence: str) -> None:
    choice = read_policy(None, sentence)
    assert choice.policy == "off"
    assert "the request says" in choice.reason


@pytest.mark.parametrize(
    "sentence",
    [
        "do not turn off AutoML",
        "don't disable AutoML",
        "never skip HPO",
        "I do not want plain training",
        "no need to disable AutoML",
        "不要关闭AutoML",
        "别禁用AutoML",
        "please don't use plain training",
        "I don't want AutoML disabled",
        "AutoML must not be disabled",
        "AutoML should not be off",
        "I can't do without HPO",
        "don't just train",
        "make no sweeping changes",
        "AutoML不要关闭",
        "不用关闭AutoML",
        "别让AutoML关闭",
        "AutoML关于训练",
        "train the model on my data",
        "the camera is off",
        "",
    ],
)
def test_sentences_that_keep_the_default(sentence: str) -> None:
    assert read_policy(None, sentence).policy == "auto"


@pytest.mark.parametrize(
    "sentence",
    [
        "turn on AutoML",
        "run HPO overnight",
        "with hyperparameter search please",
        "automl: on",
        "启用AutoML",
        "no sweeping changes, use AutoML",
        "keep AutoML on",
        "with AutoML enabled",
        "I want AutoML",
        "AutoML打开",
        "use HPO instead of plain training",
        "No, use AutoML",
        "use AutoML, no need to skip HPO",
        "do not do plain training, use AutoML",
    ],
)
def test_sentences_that_turn_it_on(sentence: str) -> None:
    assert read_policy(None, sentence).policy == "on"


def test_an_explicit_value_wins_over_the_sentence() -> None:
    assert read_policy("on", "plain training please").policy == "on"
    assert read_policy("auto", "no HPO").policy == "auto"


def test_bad_policies_are_refused() -> None:
    with pytest.raises(PolicyError, match="'maybe' is unknown: use auto, on or off"):
        read_policy("maybe")
    with pytest.raises(PolicyError, match="for AutoML and against it"):
        read_policy(None, "turn on AutoML but plain training")


@pytest.mark.parametrize(
    ("enabled", "ready", "policy", "kind", "words"),
    [
        (True, READY, "auto", "sweep", "schema and template packaged"),
        (True, READY, "on", "sweep", "schema and template packaged"),
        (True, READY, "off", "direct", "policy off"),
        (True, BROKEN, "off", "direct", "policy off"),
        (False, READY, "off", "direct", "policy off"),
        (False, BROKEN, "off", "direct", "policy off"),
        (True, BROKEN, "auto", "direct", NOT_RUNNABLE),
        (False, READY, "auto", "direct", "not enabled"),
        (False, BROKEN, "auto", "direct", "not enabled"),
    ],
)
def test_routing_table(enabled, ready, policy, kind, words) -> None:
    route = choose_route(policy, action="train", enabled=enabled, runnability=ready)
    assert route.kind == kind
    assert words in route.reason


@pytest.mark.parametrize(("enabled", "ready"), [(True, BROKEN), (False, READY), (False, BROKEN)])
def test_policy_on_is_an_error_where_it_cannot_be_followed(enabled, ready) -> None:
    with pytest.raises(PolicyError):
        choose_route("on", action="train", enabled=enabled, runnability=ready)


def test_the_missing_file_is_named() -> None:
    route = choose_route("auto", action="train", enabled=True, runnability=BROKEN)
    assert "schemas/train.schema.json is missing" in route.reason


def test_other_actions_are_swept_only_when_told() -> None:
    auto = choose_route("auto", action="evaluate", enabled=True, runnability=READY)
    on = choose_route("on", action="evaluate", enabled=True, runnability=READY)
    assert (auto.kind, on.kind) == ("direct", "sweep")


@pytest.mark.parametrize(
    ("enabled", "ready", "obstacle", "why"),
    [
        (True, BROKEN, "", "train.schema.json is missing"),
        (True, READY, "nothing to optimise", "export cannot be swept: nothing to optimise"),
        (False, BROKEN, "", "policy on, but export cannot be swept"),
    ],
)
def test_on_runs_an_action_directly_that_cannot_be_swept(enabled, ready, obstacle, why) -> None:
    route = choose_route(
        "on", action="export", enabled=enabled, runnability=ready, obstacle=obstacle
    )
    assert route.kind == "direct"
    assert why in route.reason
