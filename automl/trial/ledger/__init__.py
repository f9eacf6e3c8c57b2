"""The ledger of a run: its events, its lines, who writes, follows and repairs it."""
