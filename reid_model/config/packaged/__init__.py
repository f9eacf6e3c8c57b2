"""What is packaged beside the trainer, made from its configuration: schemas, templates, a page."""
