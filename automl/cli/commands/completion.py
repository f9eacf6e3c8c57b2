"""``automl completion``: the script that lets a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from automl.errors import InputError

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Examples:
      automl completion bash > ~/.local/share/bash-completion/completions/automl
      automl completion fish > ~/.config/fish/completions/automl.fish
      eval "$(automl completion zsh)"
    """
    found = get_completion_class(shell)
    if found is None:
        raise InputError(f"completion for {shell} is not known to this version of click")
    root = click.get_current_context().find_root().command
    complete = found(root, {}, "automl", "_AUTOML_COMPLETE")
    click.echo(complete.source_template % complete.source_vars())
