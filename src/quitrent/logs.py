"""Log lines on stderr: for people on a terminal, as JSON everywhere else."""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.processors import CallsiteParameter


def log_to_stderr(*, with_process: bool = False) -> None:
    """Send every library's log lines to stderr, from warnings up, and ours from info up.

    with_process: whether each line has the number of its process.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    if with_process:
        shared.append(structlog.processors.CallsiteParameterAdder([CallsiteParameter.PROCESS]))
    on_terminal = sys.stderr.isatty()
    renderer = structlog.dev.ConsoleRenderer() if on_terminal else structlog.processors.JSONRenderer()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("quitrent").setLevel(logging.INFO)
