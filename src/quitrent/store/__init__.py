"""The store room: the only one that speaks with a database.

Owns: the connection and its settings (`database`), the tables and their constraints (`tables`,
`migrations`), and the queries, one module a noun, which take and give domain values.

Does not own: decisions. It loads, writes, counts and refuses what the constraints refuse.

Keeps true:

- One fee: a second one for the same account, product and first day of a period is refused by a
  UNIQUE index; so is a second charge of the same name.
- A charge, once written, is never changed or deleted: triggers refuse it.
- A commit that was acknowledged survives a power cut: SQLite runs with a write-ahead log and
  `synchronous=FULL`. Of 1,315 simulated cuts none loses one; with NORMAL, 254 of 482 do
  (`uv run pytest tests/store/test_power_cuts.py -rP` counts them).
- What a writer has read cannot change before it writes. On SQLite writers wait for each other at
  the start of their transaction (`BEGIN IMMEDIATE`). On PostgreSQL they run in READ COMMITTED and lock
  what they read, in one order (`postgresql` has it). SERIALIZABLE would have batches of two workers,
  which share no subscription and many pages, fail each other, and each would have to be done again.
  A statement or a move, which add up several reads, see one state (REPEATABLE READ; on SQLite a
  transaction).
- A database of any earlier schema comes forward with every row, whole or not at all; a newer one is
  refused. `tests/store/schemas` has one of each, filled by the program of its time.
- A move to PostgreSQL (`moving`) is whole, and shown to have changed nothing, or it has not been.
- Every table is STRICT, so that no float or text can slip into a column of integers.
"""
