"""Attributions as a page wants them: at once where they are quick, with a bar and a stop where they are not."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from nnviz.analysis.attribution import Attribution, Progress, SaliencyMethod, explaining
from nnviz.analysis.attribution import Steps as Explaining
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.targets import Target
from nnviz.shell import caches, jobs
from nnviz.shell.jobs import Job
from nnviz.shell.session import Session

JOB = "attribution"
"""What a viewer's attributions are begun under."""
AT_ONCE = 0.3
"""Seconds that a page waits before it draws; what takes longer gets a bar."""
REDRAW = 2.0
"""Seconds in which a map has had time to form further."""


@dataclass(frozen=True, eq=False)
class AttributionRequest:
    """An attribution that is wanted, and the key under which all viewers keep it."""

    method: SaliencyMethod
    network: Network
    image: np.ndarray
    target: Target
    parameters: Mapping[str, Any]
    key: Hashable

    def steps(self) -> Explaining:
        """The work on it."""
        return explaining(self.network, self.image, self.method.name, self.target, **self.parameters)

    def job(self) -> Job:
        """The same as a job."""
        return Job(self.method.title, self.key, self.steps, caches.attributions)


@dataclass(frozen=True, eq=False)
class Found:
    """What there is of a request.

    Attributes:
        state: "done", or why it is not.
        attribution: the result, or what a method that was not finished had so far, or None.
        progress: how far a method came that was not finished; None where it has not begun.
        reason: why there is none, in a sentence.
    """

    method: SaliencyMethod
    state: Literal["done", "running", "waiting", "stopped", "unfit", "failed"]
    attribution: Attribution | None = None
    progress: Progress | None = None
    reason: str = ""


def request(session: Session, method: SaliencyMethod, parameters: Mapping[str, Any]) -> AttributionRequest:
    """What is wanted of a method for network and picture of the address, and for what the session explains."""
    image, target = session.fitted.image, session.target_words.target
    key = (session.key, session.fitted.digest, method.name, target, tuple(sorted(parameters.items())))
    return AttributionRequest(method, session.network, image, target, parameters, key)


def attributions(requests: Sequence[AttributionRequest], seconds: float = AT_ONCE) -> list[Found]:
    """What there is of what is wanted, after so many seconds of work on it in this order."""
    fitting = [request for request in requests if not request.method.unfit(request.network)]
    begun = jobs.begin_all(JOB, [request.job() for request in fitting], seconds)
    found = {request.key: job for request, job in zip(fitting, begun, strict=True)}
    return [_found(request, found.get(request.key)) for request in requests]


def progress_bar() -> None:
    """The bar of the method under way, with Stop."""
    jobs.progress_bar(JOB, redraw=REDRAW)


def _found(request: AttributionRequest, job: Job | None) -> Found:
    if job is None:
        return Found(request.method, "unfit", reason=request.method.unfit(request.network))
    return Found(request.method, job.state, job.found, None if job.state == "done" else job.progress, job.reason)
