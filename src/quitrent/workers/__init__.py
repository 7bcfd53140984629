"""The workers room: partitions of runs as durable jobs, for processes on any number of machines.

Owns: the queue (procrastinate, on the same PostgreSQL), what its jobs are, and the worker that takes
them, with its lease.

Does not own: what is done. A job names a partition, and `services.billing` carries it out, as the
biller of a server does on SQLite.

Keeps true:

- A job is a hint, and the books are the truth: whoever looks finds from the runs what is left to do,
  and asks for it; a job too many does nothing, and a job that is lost is asked for again.
- The partition of a worker that died goes to another one after its lease.
- A worker whose plugins or settings are not those of a run has no part in it.
"""
