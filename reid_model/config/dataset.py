"""The ``dataset`` section: folders, batches and augmentation."""

from __future__ import annotations

from dataclasses import dataclass

from reid_model.config.families import DEFAULT_NUM_CLASSES
from reid_model.config.keys import key


@dataclass(frozen=True)
class DatasetConfig:
    """Which images are read, and what happens to them on the way to the network."""

    train_dataset_dir: str = key(
        "",
        "Folder of training crops, or a file that lists them (CSV, Parquet, text).",
        searched=False,
        popular=True,
    )
    extra_train_dirs: tuple[str, ...] = key(
        (),
        "Further training sets, folders or lists; their persons and cameras are kept apart.",
        distinct=True,
        searched=False,
    )
    test_dataset_dir: str = key(
        "", "Folder or list of gallery crops.", searched=False, popular=True
    )
    query_dataset_dir: str = key(
        "",
        "Folder or list of query crops; empty: drawn from the gallery, of each person one crop of "
        "every camera that has several, or one crop if none has.",
        searched=False,
        popular=True,
    )
    pattern: str = key(
        "",
        "Regular expression that finds person, camera and track in a crop's name, by its groups "
        "pid, camid and track; empty: the forms of known data sets, or a folder for each person.",
        searched=False,
    )
    holdout: float = key(
        0.0,
        "Share of the training identities that validation scores, in place of the query and test "
        "folders, which are not read then; 0: none.",
        minimum=0.0,
        maximum=0.5,
        searched=False,
    )
    holdout_seed: int = key(
        0, "Draws the identities that are held out, and their queries.", minimum=0, searched=False
    )
    num_classes: int = key(
        DEFAULT_NUM_CLASSES,
        "Identities in the training set; at its default it is taken from the data.",
        minimum=2,
        searched=False,
        popular=True,
    )
    batch_size: int = key(
        64,
        "Training crops per batch and device; with P x K batches a multiple of num_instances, at "
        "least 2 x num_instances; at its default it is lowered to what the data can fill.",
        minimum=2,
        search=(16, 128),
        math_cond="> depends_on / depends_on",
        depends_on=("dataset.num_instances",),
        at_most={
            "count": "reid_model.actions.counts:identities",
            "what": "training identities",
            "times": "dataset.num_instances",
            "per": "train.num_gpus",
            "when": {"dataset.sampler": ["softmax_triplet", "triplet"]},
        },
        popular=True,
    )
    val_batch_size: int = key(
        128, "Crops per batch and device in validation.", minimum=1, searched=False
    )
    num_workers: int = key(
        8,
        "Parallel readers of image files that are not cached; 0 reads in the training process.",
        minimum=0,
        searched=False,
        popular=True,
    )
    cache_dir: str = key(
        "",
        "Folder of decoded images, shared by all runs of a machine; empty: "
        "$RE_IDENTIFICATION_CACHE, or in the user's cache folder.",
        searched=False,
    )
    cache_limit_gb: float = key(
        50.0,
        "Gigabytes that cache_dir may hold, those used longest ago go first; 0: no cache.",
        minimum=0.0,
        maximum=1e6,
        searched=False,
    )
    pixel_mean: tuple[float, ...] = key(
        (0.485, 0.456, 0.406),
        "Mean subtracted from each channel of 0..1 pixels.",
        length=(1, 3),
        minimum=0.0,
        maximum=1.0,
        searched=False,
    )
    pixel_std: tuple[float, ...] = key(
        (0.226, 0.226, 0.226),
        "Divisor of each channel; equal by default because DeepStream has one scale factor.",
        length=(1, 3),
        above=0.0,
        maximum=10.0,
        searched=False,
    )
    padding: int = key(
        10,
        "Pixels of padding before the random crop back to size.",
        minimum=0,
        maximum=512,
        search=(0, 16),
    )
    prob: float = key(0.5, "Probability of a horizontal flip.", minimum=0.0, maximum=1.0)
    re_prob: float = key(
        0.5,
        "Probability of random erasing.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.8),
        searched=True,
    )
    brightness: float = key(
        0.0,
        "Largest relative change of a training crop's brightness; 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.4),
    )
    contrast: float = key(
        0.0,
        "Largest relative change of a training crop's contrast; 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.4),
    )
    saturation: float = key(
        0.0,
        "Largest relative change of a training crop's saturation; 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.4),
        active_when={"model.input_channels": (3,)},
    )
    grey_prob: float = key(
        0.0,
        "Probability that a training crop loses its colours; 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.4),
        active_when={"model.input_channels": (3,)},
    )
    hue: float = key(
        0.0,
        "Largest shift of a training crop's hue, as a share of the colour circle; 0: none.",
        minimum=0.0,
        maximum=0.5,
        search=(0.0, 0.1),
        active_when={"model.input_channels": (3,)},
    )
    local_grey_prob: float = key(
        0.0,
        "Probability that a training crop loses its colours inside a rectangle; 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.5),
        active_when={"model.input_channels": (3,)},
    )
    auto_augment_prob: float = key(
        0.0,
        "Probability of AutoAugment: two changes of the policy found on ImageNet; 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.3),
    )
    augmix_prob: float = key(
        0.0,
        "Probability that a training crop is mixed with changed copies of it (AugMix); 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.5),
    )
    patch_prob: float = key(
        0.0,
        "Probability that a part of another crop is pasted over a training crop; 0: none.",
        minimum=0.0,
        maximum=1.0,
        search=(0.0, 0.5),
    )
    sampler: str = key(
        "softmax_triplet",
        "P x K batches (softmax_triplet, triplet) or plain shuffling (softmax).",
        enum=("softmax_triplet", "triplet", "softmax"),
    )
    num_instances: int = key(
        4,
        "Crops per identity in a P x K batch; divides batch_size.",
        minimum=2,
        search=(2, 8),
        scale="log",
        active_when={"dataset.sampler": ("softmax_triplet", "triplet")},
        searched=True,
        popular=True,
    )
