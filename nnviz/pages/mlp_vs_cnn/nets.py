"""The bundled digit networks side by side: their names, their bars, and what the measurements say in words."""

from __future__ import annotations

import math

from markupsafe import Markup, escape

from nnviz.analysis.data.shift_accuracy import Axis, ShiftAccuracy
from nnviz.analysis.network.network import Network
from nnviz.analysis.network.trace import Trace
from nnviz.figures.curves import COLOURS
from nnviz.figures.words import percent, probability
from nnviz.shell.markup import html, write_html

PLAIN = ("mnist-mlp", "mnist-cnn")
SHUFFLED = ("mnist-mlp-shuffled", "mnist-cnn-shuffled")
SHORT = dict(zip((*PLAIN, *SHUFFLED), ("MLP", "CNN") * 2, strict=True))
INK = dict(zip((*PLAIN, *SHUFFLED), COLOURS * 2, strict=True))


def heading(name: str, text: str) -> None:
    """Draw a network's short name in the colour of its curve, and what there is to say of it."""
    write_html('<p class="nn-net"><i style="background:{}"></i><b>{}</b> {}</p>', INK[name], SHORT[name], text)


def bar(value: float, largest: float, colour: str, text: str) -> Markup:
    """One bar to scale: from 0 to the largest of its kind."""
    share = 100 * value / largest if largest else 0
    shape = '<span class="bar"><div style="width:{:.2f}%;background:{}"></div></span><span>{}</span>'
    return html(shape, share, colour, text)


def verdict(network: Network, trace: Trace, label: str | None) -> Markup:
    """What a network says, and whether it is right, where that is known."""
    said = f"{network.classes[trace.winner]} ({probability(float(trace.probabilities[trace.winner]))})"
    if label is None or label not in network.classes:
        return escape(said)
    return html("{}, {}", said, "right" if network.classes[trace.winner] == label else Markup("<b>wrong</b>"))


def table(found: ShiftAccuracy, parameters: dict[str, int]) -> Markup:
    """The four networks: what they are trained on, what they read of both kinds of digits, and their size."""
    own = {name: found.shuffled[name] if name in SHUFFLED else found.plain[name] for name in SHORT}
    wrong = {name: found.digits - count for name, count in own.items()}
    cells = [
        html('<span class="title{}">{}</span>', more, title)
        for title, more in (
            ("net", ""),
            ("trained on", ""),
            ("right on plain", " number"),
            ("on shuffled", " number"),
            (f"errors of {found.digits:,} on its own kind", " two"),
            ("parameters", " two"),
        )
    ]
    for name in (PLAIN[0], SHUFFLED[0], PLAIN[1], SHUFFLED[1]):
        kind = "shuffled" if name in SHUFFLED else "plain"
        net = '<span class="net"><i style="background:{}"></i><b>{}</b></span><span>{}</span>'
        cells.append(html(net, INK[name], SHORT[name], kind))
        for each in ("plain", "shuffled"):
            right = getattr(found, each)[name] / found.digits
            cells.append(html('<span class="number{}">{}</span>', " own" if each == kind else "", percent(right, 2)))
        cells.append(bar(wrong[name], max(wrong.values()), INK[name], f"{wrong[name]:,}"))
        cells.append(bar(parameters[name], max(parameters.values()), "#6b7280", f"{parameters[name]:,}"))
    inner = Markup().join(cells)
    return html('<div class="nn-nets" role="group" aria-label="The four nets, accuracy and size">{}</div>', inner)


def chance(first: int, second: int) -> bool:
    """Whether two counts of errors differ by no more than chance would make them.

    As Poisson counts, the variance of their difference is their sum; two standard deviations are the limit.
    """
    return abs(first - second) <= 2 * math.sqrt(first + second)


def about_shuffle(found: ShiftAccuracy) -> str:
    """What each network lost by the shuffle, and what that means, whatever was measured."""
    n, words = found.digits, {}
    for plain, other in zip(PLAIN, SHUFFLED, strict=True):
        before, after = found.plain[plain], found.shuffled[other]
        numbers = f"{percent(after / n, 2)} right instead of {percent(before / n, 2)}"
        if chance(n - before, n - after):
            words[plain] = f"{numbers}, a difference that chance makes", "same"
        elif after > before:
            words[plain] = numbers, "better"
        else:
            words[plain] = f"{numbers}, {(n - after) / max(n - before, 1):.1f} times as many errors", "worse"
    (mlp, how), (cnn, fares) = words[PLAIN[0]], words[PLAIN[1]]
    means = {
        "same": "to it the picture was never a picture, only 784 numbers in some order",
        "better": "that pixels had neighbours was no help to it",
        "worse": "the order of its inputs alone cannot do that, so this training went worse",
    }[how]
    why = {
        "same": "on digits as small as these it does without neighbours",
        "better": "here neighbours were no help to it",
        "worse": "its filters look for lines among neighbours, and the neighbours are gone",
    }[fares]
    return f"Trained and tested on shuffled pixels, the MLP gets {mlp}: {means}. The CNN gets {cnn}: {why}."


def about_shift(found: ShiftAccuracy, shift: tuple[int, int], verdicts: dict[str, Markup]) -> Markup:
    """What both networks say of the shifted digit, and what the shift costs over all of them."""
    dx, dy = shift
    where = " and ".join(filter(None, (_way(dx, "right", "left"), _way(dy, "down", "up"))))
    says = html("the MLP says {}; the CNN says {}.", verdicts[PLAIN[0]], verdicts[PLAIN[1]])
    still = {name: found.accuracy(name, "right", 0) for name in PLAIN}
    if not where:
        return html(
            "Where it was drawn, {} Of all {:,} test digits in their places the MLP gets {} right, the CNN "
            "{}: shift it, and see which net follows.",
            says,
            found.digits,
            *map(percent, still.values()),
        )
    axes: list[tuple[Axis, int]] = [("right", dx), ("down", dy)]
    steps = [(axis, step) for axis, step in axes if step]
    rates = {name: [found.accuracy(name, axis, step) for axis, step in steps] for name in PLAIN}
    shares = {name: " and ".join(percent(rate) for rate in of) for name, of in rates.items()}
    alone = " (one way at a time)" if len(steps) > 1 else ""
    text = html("Shifted {}, {} Of all {:,} test digits shifted so{} ", where, says, found.digits, alone)
    text += html("the MLP gets {} right, the CNN {}: ", shares[PLAIN[0]], shares[PLAIN[1]])
    lost = {name: [still[name] - rate for rate in rates[name]] for name in PLAIN}
    if max(max(losses) for losses in lost.values()) < SLIGHT:
        met = max(abs(step) for _, step in steps) <= min(found.trained.values())
        return text + f"so small a shift costs neither much{', as both met such shifts in training' if met else ''}."
    if all(cnn < mlp for mlp, cnn in zip(*lost.values(), strict=True)):
        return text + "its filters meet the same strokes wherever they stand; the MLP has weights for places only."
    return text + "so far out the CNN is not the better one any more: its dense layers know places too."


SLIGHT = 0.01
"""A loss of accuracy that is hardly one."""

WAYS: dict[Axis, tuple[str, str]] = {"right": ("right", "left"), "down": ("down", "up")}


def _way(step: int, forward: str, back: str) -> str:
    return f"{abs(step)} pixel{'s' * (abs(step) != 1)} {forward if step > 0 else back}" if step else ""
