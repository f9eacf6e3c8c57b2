"""Reads schemas into leaves with bounds, choices and conditions."""
