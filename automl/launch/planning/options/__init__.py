"""Checks of options that are not of one field alone, by what they are about."""
