"""What quitrent costs, measured beside what it is compared with, in the same minutes on the same machine.

`uv run python -m tests.benchmarks` runs all of it, prints tables, and writes the raw times as JSON.
Only ratios, and differences of what was measured side by side, mean anything: machines are noisy.
"""
