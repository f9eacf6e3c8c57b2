"""Constants that several keys share: backbones, the default recipe's epochs, protocols."""

from __future__ import annotations

from typing import Final

IBN_RESNETS: Final = (
    "resnet_18_ibn_a",
    "resnet_34_ibn_a",
    "resnet_50_ibn_a",
    "resnet_101_ibn_a",
    "resnet_50_ibn_b",
    "resnet_101_ibn_b",
)
PLAIN_RESNETS: Final = ("resnet_18", "resnet_34", "resnet_50", "resnet_101", "resnet_152")
RESNETS: Final = (*PLAIN_RESNETS, *IBN_RESNETS)
NON_LOCAL_RESNETS: Final = ("resnet_50", "resnet_101", "resnet_50_ibn_a", "resnet_101_ibn_a")
OSNETS_AIN: Final = ("osnet_ain_x0_25", "osnet_ain_x0_5", "osnet_ain_x0_75", "osnet_ain_x1_0")
OSNETS: Final = ("osnet_x0_25", "osnet_x0_5", "osnet_x0_75", "osnet_x1_0", *OSNETS_AIN)
SWINS: Final = (
    "swin_tiny_patch4_window7_224",
    "swin_small_patch4_window7_224",
    "swin_base_patch4_window7_224",
)
BACKBONES: Final = (*RESNETS, *OSNETS, *SWINS)

# ``timm:NAME`` is any network of timm; conditions mean all of them by a star.
TIMM: Final = "timm:"
ANY_TIMM: Final = f"{TIMM}*"

# Luo et al., "Bag of Tricks" (CVPRW 2019): the default schedule is written for 120 epochs.
REFERENCE_EPOCHS: Final = 120
EPOCH_BUDGET: Final = {"key": "train.num_epochs", "reference": REFERENCE_EPOCHS}

DEFAULT_NUM_CLASSES: Final = 751

# Which gallery images of a query's own person count: the values of ``evaluate.protocol``.
CROSS_CAMERA: Final = "cross_camera"
CROSS_IMAGE: Final = "cross_image"
ALL: Final = "all"
PROTOCOLS: Final = (CROSS_CAMERA, CROSS_IMAGE, ALL)
