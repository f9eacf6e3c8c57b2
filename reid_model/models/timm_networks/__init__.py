"""Networks of timm as backbones: made without their heads, told cameras, read as feature maps."""
