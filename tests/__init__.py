"""The tests: a room for each of the program's rooms, and `e2e`, `cases` and `docs` for the whole of it."""

import os

# Before grpcio is imported: a test that starts a program as another user forks, beside grpcio's threads,
# and what grpcio does to a fork ends one of a thousand.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
