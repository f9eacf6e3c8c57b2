"""What a run found: pure rows first, then tables for pandas, the terminal and the champion."""
