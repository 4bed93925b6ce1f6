"""What is kept for all viewers, and how much of it: a table of caches with their ceilings.

Beside it each network keeps its own compiled functions, bounded by their number (`analysis.network.network`), a
viewer's queue the jobs that he stopped (`jobs.queue`), and his visit the files that he uploaded (`uploads`).
"""

from __future__ import annotations

from typing import Any

from nnviz.analysis.cache import Cache

_MIB = 2**20

traces: Cache[Any] = Cache(640 * _MIB)
"""Traces by network and picture; one of a network for photographs takes 80 MB."""
attributions: Cache[Any] = Cache(160 * _MIB)
"""Attributions by what they were made of; one of a photograph takes 0.6 MB."""
results: Cache[Any] = Cache(256 * _MIB)
"""What long jobs made, by their keys (`jobs`)."""
vectors: Cache[Any] = Cache(320 * _MIB)
"""The digits' vectors in a layer; those of 2,000 digits in a convolution take 130 MB."""
pictures: Cache[Any] = Cache(256 * _MIB)
"""Pictures as they were decoded; one of a camera takes 40 MB."""
fitted: Cache[Any] = Cache(64 * _MIB)
"""Pictures as a network takes them, moved and turned; one of 224x224 in colours takes 1 MB."""
thumbnails: Cache[Any] = Cache(160 * _MIB)
"""Pictures as small as they are shown to choose from, and as a network takes them."""
networks: Cache[Any] = Cache(1536 * _MIB, size=lambda kept: min(kept[1].size, 1536 * _MIB))
"""Networks, with their weights and compiled functions, as their `size` estimates it; one that takes more than all may
is kept alone."""
programs: Cache[Any] = Cache(64 * _MIB)
"""Networks as the browser runs them, by their content: small ones, of 8 MB at most."""
refusals: Cache[Any] = Cache(1 * _MIB)
"""Why a network cannot be opened, by what it would be kept under: found out once."""
scenes: Cache[Any] = Cache(4 * _MIB)
"""How the scenes of talks went when they were drawn before they are shown."""
