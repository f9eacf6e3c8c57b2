"""A run's folder read back: rows, tables for pandas, champion, comparison, progress, report."""
