"""The jobs of one worker, as the queue keeps them."""

from __future__ import annotations

import logging
from collections.abc import Callable

from procrastinate.connector import BaseConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

_log = logging.getLogger(__name__)


class Jobs(JobManager):
    """Has the worker begin anew where the end of a job could not be noted.

    The job would count as one that is being done for as long as the worker lives, and nobody would
    take it away. The worker that begins anew is another one to the queue.
    """

    def __init__(self, connector: BaseConnector, begin_anew: Callable[[], None]) -> None:
        """Take the queue's database, and what has the worker begin anew."""
        super().__init__(connector)
        self._begin_anew = begin_anew

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:  # noqa: FBT001 -- as it is called.
        """Note the end of a job."""
        try:
            await super().finish_job(job, status, delete_job)
        except ConnectorException:
            _log.warning("that %s has ended could not be noted; the worker begins anew", job.call_string)
            self._begin_anew()
