"""Where it looks: an attribution over the photograph, and what of the answer is left where the map is brightest."""

from __future__ import annotations

from dataclasses import replace

from nnviz.analysis.attribution import SaliencyMethod, method_named
from nnviz.analysis.evidence import BrightestKept, brightest_kept
from nnviz.analysis.network.network import Network
from nnviz.components.raster import raster
from nnviz.shell import caches
from nnviz.shell.session import Session
from nnviz.views.attribution import request as attribution_request
from nnviz.views.attribution.panels import panel
from nnviz.views.attribution.request import AttributionRequest, Found

METHOD, OTHERWISE = "grad-cam", "integrated-gradients"
"""On the photographs that ship, the one whose map has the largest area under the insertion curve (see `evidence`: 0.38
where blurred pixels come back, at random 0.09; gradients 0.10 to 0.14, occlusion 0.20), in 20 ms; and what there is
where a network has no feature maps."""
_STRENGTH = 85


def method(network: Network) -> SaliencyMethod:
    """The method of a network."""
    first = method_named(METHOD)
    return method_named(OTHERWISE) if first.unfit(network) else first


def request_of(session: Session) -> AttributionRequest:
    """The map, by the method's own defaults."""
    chosen = method(session.network)
    return attribution_request.request(
        session, chosen, {each.name: each.default for each in chosen.parameters(session.network)}
    )


def draw(session: Session, found: Found, height: float) -> None:
    """The map over the photograph."""
    # Not in the colours of a sign: what speaks for the class is bright, all else is the photograph.
    shown = panel(session, found, False, _STRENGTH, "Where it looks", most=672, smooth=True)
    raster(
        [replace(shown, note=", ".join(filter(None, (found.method.title, shown.note.strip()))), pick="none")],
        key="cats-look",
        alt=f"Where it looks for {session.class_name(session.class_index)}: {found.method.title} over the photograph",
        height=height,
        least=80,
    )


def brightest_kept_of(session: Session, request: AttributionRequest, found: Found) -> BrightestKept | None:
    """What is left of the class where the map is brightest; None where there is no map that says anything."""
    if found.state != "done" or found.attribution is None:
        return None
    values = found.attribution.over_image(magnitude=True)
    if not values.any():
        return None
    index, raw = session.class_index, not session.network.output.shares
    return caches.results.made(
        ("brightest kept", request.key, index),
        lambda: brightest_kept(
            session.network, session.fitted, values, index, measure="score" if raw else "probability"
        ),
    )
