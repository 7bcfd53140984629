"""The domain room: values and functions, and nothing that touches the world.

Owns: exact money, the calendar, what a plan, a product and a price rule may be, the life of a
subscription, the fee and the fees beside it, the retail price, what is given back, and the steps
that explain each of them. The README beside this file names the conventions.

Does not own: loading and storing (store), the order of things and transactions (services), the
wire (rpc), calling plugins (hooks). It imports the standard library alone, and never asks a clock.

Keeps true:

- No float comes near an amount. Amounts are whole micros or exact fractions of them, and a charge
  is rounded once.
- The fee is computed by `fee.fee`, which takes a plan, a part of its calendar and the day of the
  assignment: nothing that a price, a plugin or a suspension could change.
- Both sides run through the same code, each with its own plan and schedule.
- Periods are computed from the start and an index, so they tile: no gap and no overlap.
"""
