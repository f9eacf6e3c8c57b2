"""Non-local blocks: the published formula, nothing at the start, and where they are."""

from __future__ import annotations

import pytest
import torch

from reid_model.config import load_spec
from reid_model.errors import ConfigError
from reid_model.models.non_local import NonLocal
from reid_model.models.resnet import ResNetFeatures


@torch.inference_mode()
def test_every_pixel_sees_all_others() -> None:
    block = NonLocal(3).eval()
    torch.nn.init.normal_(block.W[1].weight)
    images = torch.randn(2, 3, 4, 2)
    theta, phi, g = (layer(images).flatten(1) for layer in (block.theta, block.phi, block.g))
    pairs = theta[:, :, None] * phi[:, None, :] / 8  # what pixel i makes of pixel j
    seen = (pairs @ g[:, :, None]).reshape(2, 1, 4, 2)
    torch.testing.assert_close(block(images), block.W(seen) + images)


@torch.inference_mode()
def test_at_the_start_the_network_is_as_without() -> None:
    with_blocks = ResNetFeatures("resnet_50", non_local=True).eval()
    plain = ResNetFeatures("resnet_50").eval()
    missing, unexpected = plain.load_state_dict(with_blocks.state_dict(), strict=False)
    assert not missing
    blocks = {name.rsplit(".", 2)[0] for name in unexpected if name.endswith(".g.weight")}
    assert blocks == {"NL_2.0", "NL_2.1", "NL_3.0", "NL_3.1", "NL_3.2"}
    images = torch.randn(2, 3, 64, 32)
    assert torch.equal(with_blocks(images), plain(images))


def test_resnets_for_which_nobody_published_them_are_refused() -> None:
    with pytest.raises(
        ConfigError, match="model.non_local True has no effect unless model.backbone is"
    ):
        load_spec({"model": {"backbone": "resnet_18", "non_local": True}})
