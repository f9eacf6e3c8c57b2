"""From folders of person crops to batches on the device."""
