"""What export writes: the ONNX graph and its model card."""
