"""The domain room: values and functions, and nothing that touches the world.

Owns: exact money, the calendar, what a plan, a product and a price rule may be, the life of a
subscription, the fee, the retail price, credits, and the steps that explain each of them.

Does not own: loading and storing (store), the order of things and transactions (services), the
wire (rpc), calling plugins (hooks). It imports the standard library alone, and never asks a clock.

Keeps true:

- No float comes near an amount. Amounts are whole micros or exact fractions of them, and a charge
  is rounded once.
- The fee is computed by `fee.fee`, which takes a plan and a part of its calendar: nothing that a
  reseller, a plugin or a suspension could change.
- Periods are computed from the start and an index, so they tile: no gap and no overlap.
"""
