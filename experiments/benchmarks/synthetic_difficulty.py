"""How hard is the rendered data set? Colour histograms against chance and a small trained network.

    python experiments/benchmarks/synthetic_difficulty.py                      # histograms, chance
    python experiments/benchmarks/synthetic_difficulty.py --train-epochs 12    # and a ResNet-18

Everything here is written a second time on purpose (protocol, sampler, losses): it shares no code
with the trainer, so its figures say something about the data and not about our trainer.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torchvision
from PIL import Image
from torch import nn

from reid_model.synthetic import make_data

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """images (N, H, W, 3) uint8, pids and camids (N,)."""

    images: npt.NDArray[np.uint8]
    pids: Ints
    camids: Ints

    @classmethod
    def read(cls, folder: Path) -> "Split":
        """Read a folder of Market-1501 named JPEGs, junk left out."""
        files = [path for path in sorted(folder.glob("*.jpg")) if not path.name.startswith("-1")]
        images = np.stack([np.asarray(Image.open(path).convert("RGB")) for path in files])
        pids = np.array([int(path.name.split("_")[0]) for path in files])
        camids = np.array([int(path.name.split("_c")[1][0]) for path in files])
        return cls(images, pids, camids)


@dataclass(frozen=True)
class Score:
    """Rank-1, mAP, and the rank-1 that a random order of the gallery would have."""

    rank_1: float
    mean_ap: float
    chance: float


def score(similarity: Floats, query: Split, gallery: Split) -> Score:
    """Market-1501 protocol, one query at a time; similarity is (queries, gallery)."""
    firsts, precisions, chances = [], [], []
    for row, pid, camid in zip(similarity, query.pids, query.camids, strict=True):
        counted = ~((gallery.pids == pid) & (gallery.camids == camid))
        order = np.argsort(-row[counted], kind="stable")
        hits = (gallery.pids[counted] == pid)[order]
        ranks = np.flatnonzero(hits) + 1
        firsts.append(hits[0])
        precisions.append(np.mean(np.arange(1, len(ranks) + 1) / ranks))
        chances.append(hits.mean())
    return Score(float(np.mean(firsts)), float(np.mean(precisions)), float(np.mean(chances)))


def histograms(images: npt.NDArray[np.uint8], space: str, bands: int) -> Floats:
    """Square roots of 8x8x8 colour shares: their dot product is the Bhattacharyya coefficient.

    images: (N, H, W, 3). bands: horizontal strips of the image, each with its own histogram.
    """
    rows = []
    for image in images:
        colours = np.asarray(Image.fromarray(image).convert(space), dtype=np.int64) // 32
        strips = np.array_split(colours @ np.array([64, 8, 1]), bands)
        rows.append([np.bincount(strip.ravel(), minlength=512) / strip.size for strip in strips])
    return np.sqrt(np.array(rows, dtype=np.float32)).reshape(len(images), -1)


def middle(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The middle half of the columns, where the person is and the street mostly is not."""
    quarter = images.shape[2] // 4
    return images[:, :, quarter : images.shape[2] - quarter]


def compare_histograms(query: Split, gallery: Split) -> Score:
    """Print how far colours alone get; return the best score."""
    scores = []
    for space in ("RGB", "HSV"):
        for name, cut, bands in (
            ("whole image", np.asarray, 1),
            ("middle", middle, 1),
            ("middle, 3 bands", middle, 3),
        ):
            both = [histograms(cut(split.images), space, bands) for split in (query, gallery)]
            scores.append(score(both[0] @ both[1].T, query, gallery))
            report(f"{space} histogram, {name}", scores[-1])
    return max(scores, key=lambda result: result.rank_1)


@dataclass(frozen=True)
class Recipe:
    """Hyper-parameters of the small trainer."""

    epochs: int
    lr: float
    weight_decay: float
    margin: float
    triplet_weight: float
    instances: int
    batch: int
    erase: float
    warmup: float
    seed: int


class Embedder(nn.Module):
    """ResNet-18 with last stride 1, BNNeck and a classifier."""

    def __init__(self, identities: int) -> None:
        super().__init__()
        self.trunk = torchvision.models.resnet18()
        self.trunk.layer4[0].conv1.stride = (1, 1)
        self.trunk.layer4[0].downsample[0].stride = (1, 1)
        self.trunk.fc = nn.Identity()
        self.neck = nn.BatchNorm1d(512)
        self.neck.bias.requires_grad_(False)
        self.head = nn.Linear(512, identities, bias=False)
        nn.init.normal_(self.head.weight, std=0.001)

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 3, H, W) to features before the neck (N, 512) and after it (N, 512)."""
        before = self.trunk(images)
        return before, self.neck(before)


def batches(labels: Ints, recipe: Recipe, rng: np.random.Generator) -> Iterator[Ints]:
    """Batches of P identities x K images that together are about one epoch."""
    places = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    people = min(recipe.batch // recipe.instances, len(places))
    for _ in range(max(1, len(labels) // (people * recipe.instances))):
        chosen = rng.choice(len(places), people, replace=False)
        yield np.concatenate([rng.choice(places[who], recipe.instances) for who in chosen])


def augment(images: torch.Tensor, recipe: Recipe, rng: np.random.Generator) -> torch.Tensor:
    """Flip, shift by up to a tenth, and erase a rectangle, each image on its own."""
    height, width = images.shape[2:]
    pad = max(1, width // 10)
    padded = nn.functional.pad(images, (pad,) * 4)
    out = torch.empty_like(images)
    for index, image in enumerate(padded):
        top, left = rng.integers(2 * pad + 1, size=2)
        cut = image[:, top : top + height, left : left + width].clone()
        if rng.random() < recipe.erase:
            tall, wide = rng.integers(height // 8, height // 2), rng.integers(width // 5, width)
            y, x = rng.integers(height - tall + 1), rng.integers(width - wide + 1)
            cut[:, y : y + tall, x : x + wide] = 0
        out[index] = cut.flip(2) if rng.random() < 0.5 else cut
    return out


def batch_hard(features: torch.Tensor, labels: torch.Tensor, margin: float) -> torch.Tensor:
    """Triplet loss with the farthest positive and the nearest negative of each anchor."""
    distances = torch.cdist(features, features)
    same = labels[:, None] == labels[None, :]
    positive = distances.masked_fill(~same, 0).amax(1)
    negative = distances.masked_fill(same, torch.inf).amin(1)
    return nn.functional.relu(positive - negative + margin).mean()


def to_tensor(images: npt.NDArray[np.uint8]) -> torch.Tensor:
    """(N, H, W, 3) uint8 to normalised (N, 3, H, W) floats."""
    return (torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255 - 0.45) / 0.226


def learning_rate(recipe: Recipe, progress: float) -> float:
    """Linear warm-up, then tenfold drops at 60 % and 85 % of the run."""
    warm = min(1.0, 0.01 + progress / recipe.warmup) if recipe.warmup else 1.0
    return recipe.lr * warm * 0.1 ** ((progress >= 0.6) + (progress >= 0.85))


def train(split: Split, recipe: Recipe) -> Embedder:
    """Train an embedder from scratch."""
    torch.manual_seed(recipe.seed)
    rng = np.random.default_rng(recipe.seed)
    known, labels = np.unique(split.pids, return_inverse=True)
    images, targets = to_tensor(split.images), torch.from_numpy(labels)
    model = Embedder(len(known))
    optimiser = torch.optim.Adam(model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay)
    classify = nn.CrossEntropyLoss(label_smoothing=0.1)
    for epoch in range(recipe.epochs):
        optimiser.param_groups[0]["lr"] = learning_rate(recipe, (epoch + 0.5) / recipe.epochs)
        for index in batches(labels, recipe, rng):
            before, after = model(augment(images[index], recipe, rng))
            loss = classify(model.head(after), targets[index])
            loss = loss + recipe.triplet_weight * batch_hard(before, targets[index], recipe.margin)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    return model


@torch.no_grad()
def embed(model: Embedder, images: npt.NDArray[np.uint8]) -> Floats:
    """L2-normalised features after the neck, (N, 512)."""
    model.eval()
    tensor = to_tensor(images)
    parts = [model(tensor[start : start + 256])[1] for start in range(0, len(tensor), 256)]
    return nn.functional.normalize(torch.cat(parts)).numpy()


def report(name: str, result: Score, note: str = "") -> None:
    """Print one line of the table."""
    print(f"{name:<32} rank-1 {result.rank_1:6.3f}   mAP {result.mean_ap:6.3f}   {note}")


def compare(root: Path, recipe: Recipe) -> None:
    """Print the figures of all matchers on one data set."""
    sets = [Split.read(root / name) for name in ("sample_train", "sample_query", "sample_test")]
    learn, query, gallery = sets
    colours = compare_histograms(query, gallery)
    print(f"{'chance':<32} rank-1 {colours.chance:6.3f}")
    if recipe.epochs:
        started = time.perf_counter()
        model = train(learn, recipe)
        took = time.perf_counter() - started
        features = [embed(model, split.images) for split in (query, gallery)]
        result = score(features[0] @ features[1].T, query, gallery)
        report(f"ResNet-18, {recipe.epochs} epochs", result, f"{took:.0f} s of training")


def options() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--ids", type=int, default=80)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--images-per-camera", type=int, default=4)
    parser.add_argument("--height", type=int, default=64)
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--seed", type=int, default=0, help="of the data set")
    parser.add_argument("--train-epochs", type=int, default=0, help="0: histograms only")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--weight-decay", type=float, default=5e-4)
    parser.add_argument("--margin", type=float, default=0.3)
    parser.add_argument("--triplet-weight", type=float, default=1.0)
    parser.add_argument("--instances", type=int, default=4, help="images per identity in a batch")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--erase", type=float, default=0.3, help="probability of erasing")
    parser.add_argument("--warmup", type=float, default=0.2, help="share of the run")
    parser.add_argument("--train-seed", type=int, default=0)
    return parser.parse_args()


def main() -> None:
    """Make the data set in a temporary folder and print the table."""
    args = options()
    recipe = Recipe(
        epochs=args.train_epochs,
        lr=args.lr,
        weight_decay=args.weight_decay,
        margin=args.margin,
        triplet_weight=args.triplet_weight,
        instances=args.instances,
        batch=args.batch,
        erase=args.erase,
        warmup=args.warmup,
        seed=args.train_seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "data"
        started = time.perf_counter()
        summary = make_data(
            root,
            ids=args.ids,
            cameras=args.cameras,
            images_per_camera=args.images_per_camera,
            height=args.height,
            width=args.width,
            seed=args.seed,
        )
        rate = sum(split.images for split in summary.splits) / (time.perf_counter() - started)
        print(*summary.lines()[1:], f"rendered at {rate:.0f} images/s", sep="\n")
        compare(root, recipe)


if __name__ == "__main__":
    main()
