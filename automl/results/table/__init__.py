"""The tables of a run: rows and columns, the files that hold them, and what they were made from."""
