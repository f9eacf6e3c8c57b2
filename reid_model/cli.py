"""The command ``re_identification``. Heavy imports are made by the command that needs them."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path
from typing import Any

import click

from reid_model.errors import BadInputError, ReIDError
from reid_model.home import check_current_folder, mend_environment
from reid_model.printed_log import printed_log


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="reid-automl")
def cli() -> None:
    """Train and use person re-identification networks."""
    check_current_folder()
    mend_environment()  # done when the package was imported, unless it cannot be


def _action(name: str, words: str, example: str) -> click.Command:
    """The command that runs an action with a spec file and overrides."""

    @cli.command(name, help=f"{words}\n\nExample: re_identification {name} -e spec.yaml {example}")
    @click.option(
        "-e",
        "--experiment_spec",
        "spec_file",
        type=click.Path(path_type=Path),
        required=name != "train",
        help="YAML spec; `default_specs` writes one.",
    )
    @click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
    def command(
        spec_file: Path | None, overrides: tuple[str, ...], recipe: str | None = None
    ) -> None:
        spec = _read(spec_file, recipe, overrides)
        importlib.import_module(f"reid_model.actions.{name}").run(spec)

    return command


def _read(spec_file: Path | None, recipe: str | None, overrides: tuple[str, ...]) -> dict[str, Any]:
    """The spec of a file, or of a recipe, with overrides."""
    from reid_model.config import read_spec
    from reid_model.config.load import with_overrides

    if spec_file is not None and recipe is None:
        return read_spec(spec_file, overrides)
    if recipe is None or spec_file is not None:
        raise click.UsageError("give the spec once: -e FILE, or --recipe NAME")
    return with_overrides(_recipe(recipe), overrides)


def _recipe(name: str) -> dict[str, Any]:
    from reid_model.config.recipes import RECIPES, recipe_spec

    if name not in RECIPES:
        raise click.BadParameter(f"{name!r} is none of {', '.join(RECIPES)}", param_hint="--recipe")
    return recipe_spec(name)


train = click.option(
    "--recipe", metavar="NAME", help="Published recipe in place of -e; `recipe` lists them."
)(_action("train", "Train a network.", "train.num_epochs=30"))
evaluate = _action(
    "evaluate",
    "Score a checkpoint: CMC, mAP, mINP, threshold, pictures.",
    "re_ranking.re_ranking=true",
)
inference = _action(
    "inference",
    "Write the embeddings of all crops as JSON, Parquet or an Arrow index.",
    "inference.output_file=embeddings.parquet",
)
export = _action(
    "export",
    "Write a checkpoint as ONNX and compare the two.",
    "export.onnx_file=model.onnx",
)


@cli.command("default_specs")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Folder; else printed."
)
@click.option("--action", default="train", show_default=True, help="Which one is printed.")
def default_specs(out: Path | None, action: str) -> None:
    """Write every action's complete default spec, or print one."""
    from reid_model.config import ACTIONS
    from reid_model.config.packaged.template import template_of

    if action not in ACTIONS:
        raise click.BadParameter(
            f"{action!r} is none of {', '.join(ACTIONS)}", param_hint="--action"
        )
    if out is None:
        click.echo(template_of(action), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    for name in ACTIONS:
        path = out / f"spec_template_{name}.yaml"
        path.write_text(template_of(name), encoding="utf-8")
        click.echo(path)


@cli.command("recipe")
@click.argument("name", required=False)
def recipe(name: str | None) -> None:
    """Print a published recipe as a spec file, or list all.

    Example: re_identification recipe bot > spec.yaml. Without a file: `re_identification train
    --recipe bot` and `automl run --recipe bot`, where overrides and --set win.
    """
    from reid_model.config.recipes import RECIPES, recipe_text

    if name is None:
        for known, about in RECIPES.items():
            click.echo(f"{known:16}  {about.source}")
    elif name in RECIPES:
        click.echo(recipe_text(name), nl=False)
    else:
        raise click.BadParameter(f"{name!r} is none of {', '.join(RECIPES)}", param_hint="NAME")


class SizeParam(click.ParamType[tuple[int, int]]):
    """HEIGHTxWIDTH in pixels."""

    name = "HxW"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """``128x64`` to (128, 64)."""
        if isinstance(value, tuple):
            return value
        height, _, width = str(value).lower().partition("x")
        if not (height.isdigit() and width.isdigit()):
            self.fail(f"{value!r} is not HEIGHTxWIDTH, for example 128x64", param, ctx)
        return int(height), int(width)


@cli.command("make-data")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option("--ids", type=int, default=60, show_default=True, help="Identities.")
@click.option("--cameras", type=int, default=4, show_default=True, help="Cameras.")
@click.option(
    "--images-per-camera", type=int, default=4, show_default=True, help="Crops of a person each."
)
@click.option("--size", type=SizeParam(), default="128x64", show_default=True, help="Pixels.")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same bytes.")
@click.option("--tar", is_flag=True, help="Write .tar.gz archives instead of folders.")
def make_data(size: tuple[int, int], **asked: Any) -> None:
    """Render a data set: sample_train, sample_test, sample_query."""
    from reid_model import synthetic

    height, width = size
    click.echo(synthetic.make_data(asked.pop("out"), height=height, width=width, **asked))


@cli.command("search")
@click.argument("pictures", type=click.Path(path_type=Path))
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "-e", "--experiment_spec", "spec_file", type=click.Path(path_type=Path), required=True
)
@click.option("--gallery", type=click.Path(path_type=Path), required=True, help=".parquet, .arrow")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Crops.")
@click.option("--json", "json_output", is_flag=True, help="Print JSON.")
@click.option(
    "--html", "page", type=click.Path(path_type=Path), help="Page with pictures to write."
)
def search_command(
    pictures: Path,
    overrides: tuple[str, ...],
    spec_file: Path,
    gallery: Path,
    top: int,
    json_output: bool,
    page: Path | None,
) -> None:
    """Find the crops of a gallery nearest to a picture, or to each of a folder.

    The gallery is a file that `inference` wrote with the same checkpoint, which the spec names in
    inference.checkpoint.
    """
    from reid_model.actions.search.search import as_json, as_table, search
    from reid_model.config import read_spec

    found = search(read_spec(spec_file, overrides), pictures, gallery, count=top, page=page)
    click.echo((as_json if json_output else as_table)(found))


@cli.command("convert-weights")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--output", type=click.Path(path_type=Path), help="[default: FILE with .safetensors]")
def convert_weights(file: Path, output: Path | None) -> None:
    """Save the tensors of a weights file that also holds pickled objects, as .safetensors.

    For whole pickled networks and for checkpoints with their arguments beside the weights. Nothing
    that the file names is imported or called.
    """
    from reid_model.actions.convert_weights import convert_weights as convert

    click.echo(convert(file, output))


@cli.group("cache")
def cache() -> None:
    """The decoded images that all runs of this machine share."""


_cache_dir = click.option(
    "--cache-dir", default="", help="The folder [default: $RE_IDENTIFICATION_CACHE, or the user's]."
)


@cache.command("list")
@_cache_dir
def list_cache(cache_dir: str) -> None:
    """What is kept, and what of it a run is using."""
    from reid_model.actions.cache import show

    show(cache_dir)


@cache.command("clear")
@_cache_dir
def clear_cache(cache_dir: str) -> None:
    """Remove what no run is using."""
    from reid_model.actions.cache import clear

    clear(cache_dir)


def main() -> None:
    """The console script: one line for an error, exit code 2 for bad input, 1 for a failed run."""
    try:
        with printed_log():
            cli()
    except ReIDError as exc:
        click.echo(f"re_identification: {exc}", err=True)
        sys.exit(exc.exit_code)
    except PermissionError as exc:
        where = f"{exc.filename}: {exc.strerror}" if exc.filename else str(exc)
        click.echo(f"re_identification: {where} (this user is uid {os.getuid()})", err=True)
        sys.exit(BadInputError.exit_code)


if __name__ == "__main__":
    main()
