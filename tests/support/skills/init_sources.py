"""Trainers as people have them, one of each kind that ``automl init`` reads."""

ARGPARSE = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("data", nargs="?", default="crops", help="where the data are")
parser.add_argument("--lr", type=float, default=0.01, help="learning rate [%(default)s]")
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
parser.add_argument("-b", "--batch-size", type=int, default=32)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--workers", type=int, default=4)
parser.add_argument("--nesterov", action="store_true")
parser.add_argument("--no-cuda", dest="cuda", action="store_false")
parser.add_argument("--milestones", type=int, nargs="+", default=[1, 2])
parser.add_argument("--output-dir", default="./out")
parser.add_argument("--api-key", default="abc")
if __name__ == "__main__":
    args = parser.parse_args()
    print(vars(args))
    for epoch in range(args.epochs):
        print(f"epoch {epoch + 1}: train_acc: 0.99 val_loss: 0.4 val_acc: {1 - args.lr:.4f}")
"""

CLICK = """
import click

@click.group()
@click.option("--gpu", type=int, default=0)
def main(gpu):
    pass

@main.command()
@click.option("--lr", type=click.FloatRange(0, 1, min_open=True), default=0.1, help="rate")
@click.option("--hidden-size", type=click.IntRange(8, 512), default=64)
@click.option("--activation", type=click.Choice(["relu", "gelu"]), default="relu")
@click.option("--bn/--no-bn", default=True)
@click.option("--out", type=click.Path(), required=True)
def train(lr, hidden_size, activation, bn, out):
    print(lr, hidden_size, activation, bn, out)
    print("accuracy: 0.5")

@main.command()
def evaluate():
    pass

if __name__ == "__main__":
    main()
"""

CONFIG = """
# of our lab
model:
  depth: 18  # number of layers
  act: relu  # relu | gelu | silu
  pretrained: null
optim:
  name: adam  # one of: adam, sgd
  lr: 1e-3
  betas: [0.9, 0.999]
data: ???
epochs: 2
save_dir: ./ckpt
stages: [{n: 1}, {n: 2}]
"""

CLASSES = """
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal, Optional

from pydantic import BaseModel, Field


class Kind(Enum):
    SMALL = "small"
    LARGE = "large"


@dataclass
class Optim:
    name: Literal["sgd", "adam"] = "adam"
    lr: float = field(default=1e-3, metadata={"help": "learning rate"})


@dataclass
class Training:
    optim: Optim = field(default_factory=Optim)
    dropout: Optional[float] = 0.1
    kind: Kind = Kind.SMALL
    epochs: int = 2
    tags: dict = field(default_factory=dict)


class OptimModel(BaseModel):
    lr: float = Field(1e-3, gt=0, le=1, description="learning rate")


class Model(BaseModel):
    optim: OptimModel = OptimModel()
    loss: Literal["ce", "focal"] = "ce"
    batch_size: int = Field(32, ge=1, multiple_of=8)


def train(config):
    print(repr(config))
    print("accuracy:", config.optim.lr)
"""
# Hydra's command line, as far as ``automl init`` and a trial use it
HYDRA = """
import argparse, sys

def main(config):
    def decorate(function):
        def run():
            parser = argparse.ArgumentParser(add_help=False)
            parser.add_argument("--hydra-help", action="store_true")
            parser.add_argument("--cfg")
            parser.add_argument("overrides", nargs="*")
            args = parser.parse_args()
            print(config) if args.cfg else function(args.overrides)
        return run
    return decorate
"""
HYDRA_TRAINER = '''
import hydra

@hydra.main("""
model: {width: 16}
optim: {lr: 0.01, name: sgd}
name: run_${model.width}
note: plain
""")
def main(overrides):
    print(overrides)
    print("val_acc: 0.5")

main()
'''
