"""Long work: how a page gets what takes longer than a moment.

A page draws first and works later. It says what it wants as a `Job`: a title for the bar, a key that names everything
the result depends on, and what makes the steps, a generator of `Progress` (see `nnviz.analysis.progress`):

    job = jobs.begin("ranking", Job("Each filter alone off", key, lambda: ranking(network, ...)), seconds=0.4)
    draw(job.found)                      # the result, what there is so far, or None; job.state says which
    jobs.progress_bar("ranking")         # its bar with Stop; nothing where nothing is under way

`begin` hands out the result where it is kept already (`caches`), by this viewer or another; else this viewer's job of
that key as it stands: waiting, running, stopped or failed (then with its `reason`). A viewer has one queue under each
name: `begin_all` wants several, of which one is under way; what the page wants no more is closed, and what he stopped
keeps what it had. The bar's fragment works on the queue in slices and draws the page anew when a job ends. `look` only
looks, for what a button begins (`again`, `again_button`); `stage` draws what forms and works on it by turns.

`share` is `begin` for work that all viewers share: one thread of the process does it (`worker`), step by step, while no
page is drawn; it goes on when its viewers turn away, and a Stop stops it for all. Bar, Stop and result are the same.
`drawing` stands around a page that is drawn.

Where things are: `job` is one piece of work and its state, `queue` what a viewer has under a name, `bar` what he sees
of it, `step_thread` how a step that takes long is left, `worker` the thread of what is shared.
"""

from nnviz.shell.jobs.bar import again_button, progress_bar, row, stage
from nnviz.shell.jobs.job import Job
from nnviz.shell.jobs.queue import Queue, again, begin, begin_all, drawing, look, queue_of, share, stop, under_way

__all__ = [
    "Job",
    "Queue",
    "again",
    "again_button",
    "begin",
    "begin_all",
    "drawing",
    "look",
    "progress_bar",
    "queue_of",
    "row",
    "share",
    "stage",
    "stop",
    "under_way",
]
