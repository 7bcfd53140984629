"""The services room: use cases, in the order in which things happen and the transaction they happen in.

Owns: who may see and change what (`caller`, `visibility`), the order of checks, transactions,
repeated calls (`once`), page tokens (`paging`), quotes, rehearsals, runs and the thread that carries runs out.

Does not own: arithmetic (domain), queries (store), wire shapes and codes (rpc).

Keeps true:

- In a run the fee charges are committed before any plugin is called.
- No plugin is called while a transaction is open.
- A quote, a preview and a bill price a line by the same functions (`pricing`).
- A run computes the bill of subscriptions that are alike once (`store.batches` says which are), and
  what it posts is the same as if each had been computed by itself.
- What belongs to another reseller is not found, with the words for what does not exist.
"""
