"""The talk's words against its numbers: each claim is computed from what the scene shows, and no number has none."""

import re
from dataclasses import dataclass

import numpy as np
import pytest

from nnviz.analysis import attribution, evidence
from nnviz.analysis.data import digits, photographs
from nnviz.analysis.data.shift_accuracy import shift_accuracy
from nnviz.analysis.embedding import vectors
from nnviz.analysis.embedding.embedding import embedded
from nnviz.analysis.image.strokes import strokes
from nnviz.analysis.intervention.knockout import accuracy, knocked_out, with_and_without
from nnviz.analysis.layer.activation_functions import activation_named
from nnviz.analysis.layer.invariance import invariance, shifts
from nnviz.analysis.layer.toy import Toy
from nnviz.analysis.network.influence import deciding_layer
from nnviz.analysis.network.receptive import receptive_fields
from nnviz.analysis.network.trace import trace
from nnviz.analysis.progress import finished
from nnviz.pages.neuron import toy
from nnviz.shell import library, session
from nnviz.shell.session import Session
from nnviz.talk import headless, scenes, seeing
from nnviz.talk.scenes import Scene

TALK = scenes.bundled()


def shown(scene: Scene) -> Session:
    """What the address of the scene describes."""
    found = []
    finished(headless.drawing(lambda: found.append(session.read()), scene.parameters))
    return found[0]


def answers(scene: Scene, *names: str):
    """Label, and what each net says of the picture as the scene has it moved."""
    seen, said = shown(scene), {}
    for name in names:
        network = library.bundled_network(name)
        fitted = library.fitted(network, seen.picture, seen.transform)
        said[name] = library.traced(network, library.bundled_key(name), fitted.digest, fitted).winner
    return int(seen.picture.label), said


def the_image_has(count):
    return lambda scene: shown(scene).fitted.pixels.size == count


def pixel_29(scene):
    rows, columns = shown(scene).fitted.pixels.shape[:2]
    row, column = divmod(29 - 1, columns)
    around = {
        r * columns + c + 1
        for r in range(max(row - 1, 0), row + 2)
        for c in range(max(column - 1, 0), column + 2)
        if (r, c) != (row, column) and r < rows and c < columns
    }
    return around == {1, 2, 30, 57, 58} and divmod(28 - 1, columns) == (row - 1, columns - 1)


def the_toy_has_two_inputs(scene):
    return set(toy.KNOBS) == {"x1", "x2", "w1", "w2", "b"}


def the_surface_is_a_plane(scene):
    surface = Toy(1.0, -0.5, 0.25, activation_named(scene.parameters["f"])).surface()
    bent = Toy(1.0, -0.5, 0.25, activation_named("relu")).surface()
    flat = [np.abs(np.diff(surface, 2, axis)).max() < 1e-4 for axis in (0, 1)]
    return all(flat) and np.abs(np.diff(bent, 2, 1)).max() > 1e-2


def squeezed(low, high):
    def check(scene):
        made = activation_named(scene.parameters["f"]).apply(np.linspace(-50, 50, 1001))
        return np.isclose(made.min(), low, atol=1e-6) and np.isclose(made.max(), high, atol=1e-6)

    return check


def ends_and_crossings(scene):
    found = strokes(shown(scene).fitted.pixels[..., 0], seeing._LEAST)
    return (len(found.ends), len(found.crossings)) == (2, 1) and it_is_a(8)(scene)


def both_read_it(scene):
    label, said = answers(scene, "mnist-mlp", "mnist-cnn")
    return set(said.values()) == {label}


def the_plain_net_alone_is_wrong(scene):
    label, said = answers(scene, "mnist-mlp", "mnist-cnn")
    return said["mnist-cnn"] == label != said["mnist-mlp"]


def all_test_digits(scene):
    return shift_accuracy().digits == len(digits.test_set()[1]) == 10_000


def the_plain_net_loses_nothing(scene):
    found = shift_accuracy()
    losses = [found.plain[name] - found.shuffled[f"{name}-shuffled"] for name in ("mnist-mlp", "mnist-cnn")]
    return losses[0] < 0.002 * found.digits and losses[1] > 0.02 * found.digits


def it_is_a(label):
    return lambda scene: shown(scene).picture.label == str(label)


def what_comes_later_changes_less(scene):
    seen, at = shown(scene), int(scene.parameters["shift"])
    traces = []
    for transform in shifts(seen.transform, "right"):
        fitted = library.fitted(seen.network, seen.picture, transform)
        traces.append(library.traced(seen.network, seen.key, fitted.digest, fitted))
    pool = scene.parameters["layer"]
    found = invariance(seen.network, traces, seen.network.layer(pool).inputs[0], pool)
    return found.before[at] > found.after[at] > found.last[at] > found.scores[at] > 0


def a_window_is_two_pixels(scene):
    pool = shown(scene).layer
    return tuple(pool.strides) == (2, 2)


def it_says(label, second):
    def check(scene):
        seen = shown(scene)
        first, after = np.argsort(-seen.trace.probabilities)[:2]
        return seen.picture.label == str(label) == str(first) and after == second

    return check


def ribbons_are_those_of(layer):
    return lambda scene: deciding_layer(shown(scene).network) == layer


def filters(count):
    return lambda scene: shown(scene).activations.shape[-1] == count


@dataclass
class Off:
    """What one filter off makes of the picture."""

    was: int
    sure: float
    now: int
    sure_now: float


def with_it_off(scene):
    seen = shown(scene)
    after = knocked_out(seen.network, seen.fitted, seen.layer.name, [int(scene.parameters["off"].partition("@")[0])])
    before = seen.trace.probabilities
    return Off(int(before.argmax()), float(before.max()), int(after.winner), float(after.probabilities.max()))


def one_answer_becomes_the_other(scene):
    found = with_it_off(scene)
    return (found.was, found.now) == (7, 4) and shown(scene).picture.label == "7"


def sure_and_sure(scene):
    found = with_it_off(scene)
    return (f"{found.sure:.1%}", f"{found.sure_now:.1%}") == ("99.8%", "98.0%")


def accuracy_falls(scene):
    seen = shown(scene)
    images, labels = digits.labelled(seen.network)
    off = [int(scene.parameters["off"].partition("@")[0])]
    shares = [finished(accuracy(seen.network, images, labels, seen.layer.name, units)).share for units in ((), off)]
    return [f"{share:.1%}" for share in shares] == ["99.3%", "98.3%"] and len(labels) == 10_000


def a_cell_sees_more(scene):
    seen = shown(scene)
    fields = receptive_fields(seen.network.graph, {name: a.shape for name, a in seen.trace.activations.items()})

    def size(layer):
        top, bottom = fields[layer][0].span(7, 28)
        return bottom - top

    return scene.parameters["layer"] == "conv2" and size("conv2") > size("conv1")


def deletion_of(scene):
    seen = shown(scene)
    made = attribution.explain(seen.network, seen.fitted, scene.parameters["method"], seen.class_index)
    return finished(
        evidence.deleting(seen.network, seen.fitted, made.over_image(), seen.class_index, measure="probability")
    )


def it_falls_early(scene):
    curves = deletion_of(scene)
    return (curves.deletion_area < curves.random_areas[0].min()) and curves.deletion[-1] < 0.5


def units(count):
    return lambda scene: shown(scene).activations.size == count


def it_speaks_for_7(scene):
    seen, unit = shown(scene), int(scene.parameters["unit"])
    images, labels = (found[::20] for found in digits.test_set())
    inputs = digits.fitted(seen.network, images)
    before, without = with_and_without(seen.network, inputs, seen.layer.name, unit)
    lost = before - without
    loudest = np.argsort(-lost[:, 7])[:30]
    return lost[loudest].mean(axis=0).argmax() == 7 and set(labels[loudest]) == {7} and seen.activations[unit] > 0


def points(count):
    return lambda scene: len(vectors.sample(shown(scene).network)) == count


def they_overlap_in_the_plane(scene):
    seen = shown(scene)
    numbers = vectors.sample(seen.network)
    images, labels = digits.test_set()
    layers = ("input", seen.layer.name)
    found = finished(embedded(seen.network, layers, images[numbers], labels[numbers].astype(int)))
    last = found[seen.layer.name]
    return last.plane.accuracy < 0.9 < last.space.accuracy > found["input"].space.accuracy


def classes(count):
    return lambda scene: len(shown(scene).network.classes) == count


CATS = range(281, 286)
"""Of ImageNet's thousand: tabby, tiger cat, Persian, Siamese, Egyptian."""


def it_is_a_cat(scene):
    seen = shown(scene)
    named = [name for name in seen.network.classes if re.search(r"\bcat\b", name.lower())]
    return seen.trace.winner in CATS and len(CATS) == 5 and len(named) >= 4


EYES = ((88, 72), (102, 182))
"""Row and column of the cat's eyes in the picture as the net reads it, 224 pixels a side."""


def it_answers_to_the_eyes(scene):
    seen = shown(scene)
    found = seen.activations[..., seen.unit]
    side = seen.network.image_shape[0] / len(found)
    places = (np.argwhere(found > 0) + 0.5) * side
    far = np.hypot(*(places[:, None] - np.array(EYES)).transpose(2, 0, 1))
    pictures = [photographs.photograph(entry.name) for entry in photographs.gallery() if entry.name != "cat"]
    others = [trace(seen.network, picture).activations[seen.layer.name][..., seen.unit].max() for picture in pictures]
    return far.min(axis=1).max() < 2 * side and far.min(axis=0).max() < side and max(others) < found.max() / 10


def the_target_is(name):
    return lambda scene: name in shown(scene).class_name(int(scene.parameters["target"])).lower()


CLAIMS = {
    "The same 7": it_is_a(7),
    "Which of the four cells it was": a_window_is_two_pixels,
    "the image becomes 784 numbers": the_image_has(784),
    "pixel 29 lands beside 28, far from 57": pixel_29,
    "Pixel 29 touches 1, 2, 30, 57 and 58. In the vector it stands beside 28": pixel_29,
    "Two inputs, two weights, a bias": the_toy_has_two_inputs,
    "Without F the surface is a plane": the_surface_is_a_plane,
    "sigmoid squeezes all sums between 0 and 1": squeezed(0, 1),
    "tanh squeezes them between \N{MINUS SIGN}1 and 1": squeezed(-1, 1),
    "Not moved, both read it": both_read_it,
    "This 8 has 2 ends and 1 crossing": ends_and_crossings,
    "measured on all 10,000 test digits": all_test_digits,
    "The plain net is wrong now, the CNN is not": the_plain_net_alone_is_wrong,
    "The plain net loses nothing that matters. The CNN loses more": the_plain_net_loses_nothing,
    "where the 7 turns": it_is_a(7),
    "What comes later changes less, and the logits change least": what_comes_later_changes_less,
    "Two pixels are a whole window of the pooling": a_window_is_two_pixels,
    "The patches are those of all 10,000 test digits": all_test_digits,
    "It says 4, and that is right; 2 comes next": it_says(4, 2),
    "Each ribbon is a unit of `dense`": ribbons_are_those_of("dense"),
    "Sixteen filters; here all of them are on, and this is a 7": filters(16),
    "switches filter 5 off": filters(16),
    "Switch off one filter of sixteen, and this 7 becomes a 4": one_answer_becomes_the_other,
    "It was 99.8% sure of the 7, and is 98.0% sure of the 4": sure_and_sure,
    "Over all 10,000 test digits it goes from 99.3% to 98.3%": accuracy_falls,
    "The second convolution sees more of the picture in each cell": a_cell_sees_more,
    "In the order of the map the class falls early; in random order it holds on for longer": it_falls_early,
    "this one of 128 units": units(128),
    "It answers to 7s, and without it the 7 loses most": it_speaks_for_7,
    "2,000 test digits, each a point": points(2_000),
    "In two dimensions they still overlap": they_overlap_in_the_plane,
    "1,000 classes, five of them cats": it_is_a_cat,
    "It has seen cats": it_is_a_cat,
    "answers to nothing in this picture but the eyes": it_answers_to_the_eyes,
    "A net with 1,000 classes, asked for its best Dalmatian": the_target_is("dalmatian"),
}
"""What can be computed of what is said, word for word, and how: from the scene in which it is said."""


def words(scene: Scene) -> str:
    return " ".join(f"{scene.say} {scene.note}".split())


@pytest.mark.parametrize("claim", CLAIMS)
def test_what_is_said_is_so(claim):
    said = [stop.shown for stop in TALK.stops if claim in words(stop.shown)]
    assert said, "no scene says it"
    assert CLAIMS[claim](said[-1])


NUMBER = re.compile(r"\d[\d.,]*%?|\b(?:two|three|four|five|six|seven|eight|nine|ten|sixteen|half|twice)\b", re.I)


def test_no_number_is_said_that_nothing_computes():
    for stop in TALK.stops:
        left = words(stop.shown)
        for claim in CLAIMS:
            left = left.replace(claim, "")
        assert NUMBER.findall(left) == [], f"scene {stop.scene}, step {stop.step}: {left}"
