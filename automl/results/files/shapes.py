"""What the YAML files of a run's folder may hold, as JSON schemas.

They are for files without a checksum, of earlier versions or changed by hand. Keys of a plan that
are not named here, or missing, are left to whoever needs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_LARGEST: Final = 2**63 - 1  # what a column of whole numbers holds
_MOST_TRAININGS: Final = 100_000

_TEXT: Final = {"type": "string"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_WHOLE: Final = {"type": "integer", "minimum": 0, "maximum": _LARGEST}
_POSITIVE: Final = {**_WHOLE, "minimum": 1}
_NUMBER: Final = {"type": "number"}
_TRUTH: Final = {"type": "boolean"}
_MAPPING: Final = {"type": "object"}
_DIRECTION: Final = {"enum": ["maximize", "minimize"]}


def _only(required: tuple[str, ...] = (), /, **keys: Any) -> dict[str, Any]:
    """A mapping of these keys and no others."""
    return {
        "type": "object",
        "properties": keys,
        "additionalProperties": False,
        "required": list(required),
    }


def _with(required: tuple[str, ...] = (), /, **keys: Any) -> dict[str, Any]:
    """A mapping of these keys and perhaps others."""
    return {"type": "object", "properties": keys, "required": list(required)}


def _or_none(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"type": "null"}, shape]}


_OBJECTIVE: Final = _with(("metric", "direction"), metric=_TEXT, direction=_DIRECTION)
_COST: Final = _only(
    ("epoch_s",),
    epoch_s=_NUMBER,
    peak=_or_none(_NUMBER),
    limit=_or_none(_NUMBER),
    ran=_TRUTH,
)
_DATA_ROOTS: Final = _with(
    default=_or_none(_TEXT), named={"type": "object", "additionalProperties": _TEXTS}
)
_SOURCES: Final = {
    "type": "object",
    "additionalProperties": _only(
        ("location", "path"),
        location=_TEXT,
        path=_TEXT,
        runtime=_or_none(_TEXT),
        source=_or_none(_TEXT),
    ),
}
_CONTAINER: Final = _only(
    ("engine", "image", "run"),
    engine=_TEXT,
    image=_TEXT,
    run=_TEXT,
    args=_TEXTS,
    network=_TRUTH,
    rootless=_TRUTH,
    variables=_TEXTS,
)
PLAN: Final = _with(
    ("metric", "direction"),
    skill=_with(name=_TEXT, directory=_TEXT, digest=_TEXT),
    action=_TEXT,
    route=_TEXT,
    route_reason=_TEXT,
    policy=_TEXT,
    policy_reason=_TEXT,
    metric=_TEXT,
    direction=_DIRECTION,
    population=_or_none(
        _only(
            ("size", "interval", "epochs", "mutable"),
            size=_POSITIVE,
            interval=_POSITIVE,
            epochs=_POSITIVE,
            mutable=_TEXTS,
        )
    ),
    further={"type": "array", "items": _OBJECTIVE},
    algorithm=_TEXT,
    algorithm_reason=_TEXT,
    scheduler=_or_none(
        _only(
            name=_TEXT,
            reason=_TEXT,
            epochs=_WHOLE,
            grace=_POSITIVE,
            factor={**_WHOLE, "minimum": 2},
        )
    ),
    trials=_or_none(_WHOLE),
    time_budget_s=_or_none({"type": "number", "minimum": 0}),
    seed=_or_none({"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST}),
    notes=_TEXTS,
    warnings=_TEXTS,
    data=_TEXTS,
    user_keys=_TEXTS,
    inherited=_or_none(_with(("source", "keys"), source=_TEXT, keys=_TEXTS)),
    space=_or_none(
        _with(
            ("parameters",),
            parameters={
                "type": "array",
                "items": _with(
                    ("name", "kind"),
                    name=_TEXT,
                    kind=_TEXT,
                    choices={"type": ["array", "null"]},
                ),
            },
        )
    ),
    spec=_or_none(_MAPPING),
    placed={"type": "object", "additionalProperties": _TEXT},
    resume_keys=_TEXTS,
    wishes=_only(
        max_concurrent=_or_none(_POSITIVE),
        cpus_per_trial=_or_none(_NUMBER),
        gpus_per_trial=_or_none(_NUMBER),
        address=_or_none(_TEXT),
        resources={"type": "object", "additionalProperties": _NUMBER},
        storage=_or_none(_TEXT),
        cache_dir=_or_none(_TEXT),
    ),
    care=_only(
        retries=_WHOLE,
        oom_retries=_WHOLE,
        trial_timeout_s=_or_none(_NUMBER),
        stall_timeout_s=_or_none(_NUMBER),
        keep_checkpoints={"enum": ["best", "all", "none"]},
        keep_best=_WHOLE,
        metric_pattern=_or_none(_TEXT),
        isolate=_TRUTH,
        venv=_or_none(_TEXT),
        container=_or_none(_TEXT),
        container_args=_TEXTS,
        eval_command=_or_none(_TEXT),
    ),
    container=_CONTAINER,
    evaluation=_only(
        ("action", "metric", "spec", "model_keys"),
        action=_TEXT,
        metric=_TEXT,
        spec=_MAPPING,
        model_keys=_TEXTS,
        folder_keys=_TEXTS,
        follow=_TEXTS,
        placed={"type": "object", "additionalProperties": _TEXT},
        sources=_SOURCES,
        container=_CONTAINER,
    ),
    start_checkpoint=_TEXT,
    checkpoints=_or_none(_only(("bytes",), bytes=_WHOLE, per_trial=_WHOLE)),
    probes={
        "type": "array",
        "items": _with(
            ("choices", "numbers", "cost"),
            choices=_MAPPING,
            numbers={"type": "object", "additionalProperties": _NUMBER},
            cost=_COST,
        ),
    },
    probed_trial_s={"type": "array", "items": _NUMBER},
    sources=_SOURCES,
    data_roots=_or_none(_DATA_ROOTS),
    course=_or_none(
        _with(
            enqueue={"type": "array", "items": _MAPPING},
            prior=_TEXTS,
            weighed=_TEXTS,
            stop=_or_none(_TEXT),
            patience=_or_none(_WHOLE),
            repeats=_TRUTH,
            advisor=_or_none(
                _only(
                    ("command", "folder"),
                    command=_TEXT,
                    folder=_TEXT,
                    share={"type": "number", "exclusiveMinimum": 0, "maximum": 1},
                    timeout_s={"type": "number", "exclusiveMinimum": 0},
                )
            ),
        )
    ),
    confirm=_or_none(
        _only(
            ("best", "repeats", "seed_key", "first_seed"),
            best=_WHOLE,
            repeats={**_WHOLE, "maximum": _MOST_TRAININGS},
            seed_key=_TEXT,
            first_seed={"type": "integer", "minimum": -_LARGEST, "maximum": _LARGEST},
            race=_TRUTH,
            pairs=_POSITIVE,
        )
    ),
    final=_or_none(
        _only(
            ("action",),
            action=_or_none(_TEXT),
            share={"type": "number", "minimum": 0, "exclusiveMaximum": 1},
            reason=_TEXT,
            refit=_TRUTH,
            data=_or_none(_DATA_ROOTS),
            note=_TEXT,
        )
    ),
    loggers=_TEXTS,
    versions=_or_none(_MAPPING),
    resources=_or_none(_with(concurrency=_or_none(_WHOLE), reason=_or_none(_TEXT))),
)

PROVENANCE: Final = _with(
    ("trial", "metric", "value", "baseline", "checkpoint"),
    trial=_with(("trial_id",), trial_id=_TEXT),
    metric=_TEXT,
    value=_NUMBER,
    baseline=_or_none(_NUMBER),
    checkpoint=_or_none(_TEXT),
    checkpoint_value=_or_none(_NUMBER),
    checkpoint_sha256=_or_none(_TEXT),
    refit=_or_none(_with(("folder",), folder=_TEXT)),
)
_METRICS: Final = {"type": "object", "additionalProperties": _NUMBER}
EVALUATION: Final = _with(
    metrics=_or_none(_METRICS),
    failure=_or_none(_TEXT),
    final=_or_none(
        _with(
            ("action", "refit", "defaults"),
            action=_TEXT,
            refit=_TRUTH,
            same=_TRUTH,
            refit_failure=_TEXT,
            defaults=_METRICS,
            defaults_failure=_TEXT,
        )
    ),
)
SPEC: Final = _MAPPING
