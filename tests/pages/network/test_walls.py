"""Which layers have a wall on the stage, what each is wired to, and which of its maps stand there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from seeing import seen
from shipped import shipped
from woven import ways, woven

from nnviz.analysis.data.digits import digit
from nnviz.analysis.network.influence import answer_layer
from nnviz.analysis.network.network import load
from nnviz.components.stage import PICTURE
from nnviz.pages.network.walls import FINE, MOST, Place, as_maps, coarser, places, strongest, walls


@pytest.mark.parametrize("seed", range(3))
def test_walls_stand_as_their_layers_are_wired(seed, fixed_weights):
    """Whichever layers have a wall, against all ways through the graph, followed one by one."""
    model, reads = woven(seed)
    network = load(fixed_weights(model, seed))
    session = seen(network, np.random.default_rng(seed).random((5, 5, 2)).astype(np.float32))
    generator, between = np.random.default_rng(seed), network.layers[1:-1]
    for _ in range(12):
        shown = [Place(layer) for layer in between if generator.random() < 0.5]
        names = [place.layer.name for place in shown]
        for wall in (found := walls(session, shown, None)):
            stops = [[names.index(each) for each in way if each in names] for way in ways(reads, wall.layer)]
            assert set(wall.reads) == {way[0] if way else PICTURE for way in stops}, (names, wall.layer)
            assert wall.rank == max(map(len, stops))
        last = {next((each for each in way if each in names), None) for way in ways(reads, "answer")}
        assert {wall.layer for wall in found if wall.answers} == last - {None}


NETS = ("sequential_cnn", "branched", "nested", "shared", "logits_end", "one_sigmoid", "mlp_28x28x1", "mlp_64")


@pytest.mark.parametrize("name", [*NETS, "mnist-cnn", "mnist-mlp"])
def test_every_layer_that_changes_something_has_a_wall_and_the_answer_has_bars(name, cases):
    own = name.startswith("mnist")
    network = shipped(name) if own else cases[name].network
    session = seen(network, digit(0)[0] if own else cases[name].picture)
    found = places(session, (), None)
    kept = [layer.name for layer in network.layers if not layer.pointwise and layer.kind not in ("Flatten", "Reshape")]
    wanted = {*kept, session.layer.name} - {network.layers[0].name, answer_layer(network)}
    assert [place.layer.name for place in found] == [each.name for each in network.layers if each.name in wanted]
    for wall in walls(session, found, None):
        values = session.trace.activations[wall.layer]
        flat = values.reshape(-1, values.shape[-1])
        assert wall.count == flat.shape[1]
        np.testing.assert_array_equal(np.abs(wall.peaks), np.abs(flat).max(axis=0)[wall.units])
        assert wall.whole
        np.testing.assert_array_equal(wall.maps.reshape(len(wall.units), -1), flat.T[wall.units])
        assert wall.range[0] <= flat.min()
        assert flat.max() <= wall.range[1]


@given(st.lists(st.floats(-9, 9, width=32), min_size=1, max_size=40), st.integers(1, 12), st.integers(0, 39))
def test_the_strongest_are_shown_in_their_order_and_the_unit_under_study_among_them(values, most, study):
    peaks = np.array(values, np.float32)
    plain = strongest(peaks, most, None)
    assert len(plain) == min(most, len(peaks))
    assert list(plain) == sorted(set(plain.tolist()))
    left = np.delete(np.abs(peaks), plain)
    assert left.size == 0 or left.max() <= np.abs(peaks[plain]).min()
    with_study = strongest(peaks, most, study)
    if study >= len(peaks) or study in plain:
        assert list(with_study) == list(plain)
        return
    assert study in with_study
    assert list(with_study) == sorted(set(with_study.tolist()))
    gone = set(plain.tolist()) - set(with_study.tolist())
    # It takes the place of the weakest.
    assert len(with_study) == len(plain)
    assert [abs(peaks[each]) for each in gone] == [np.abs(peaks[plain]).min()]


@given(st.integers(1, 4 * FINE), st.integers(1, 4 * FINE), st.integers(0, 9))
def test_a_coarser_map_has_the_mean_of_the_cells_that_one_stands_for(rows, columns, seed):
    maps = np.random.default_rng(seed).normal(size=(2, rows, columns))
    found = coarser(maps)
    down, across = -(-rows // FINE), -(-columns // FINE)
    assert found.shape == (2, -(-rows // down), -(-columns // across))
    assert max(found.shape[1:]) <= FINE
    row, column = found.shape[1] - 1, found.shape[2] // 2
    for at in ((0, 0), (row, column)):
        own = maps[:, at[0] * down : (at[0] + 1) * down, at[1] * across : (at[1] + 1) * across]
        np.testing.assert_allclose(found[:, at[0], at[1]], own.mean(axis=(1, 2)), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("shape", "maps"), [((5,), (5, 1, 1)), ((4, 5), (5, 1, 4)), ((3, 4, 5), (5, 3, 4)), ((2, 3, 4, 5), (5, 6, 4))]
)
def test_activations_of_any_axes_are_maps(shape, maps):
    values = np.random.default_rng(0).random(shape)
    found = as_maps(values)
    assert found.shape == maps
    for index in np.ndindex(shape):
        *cell, channel = index
        rows, column = (cell[:-1], cell[-1]) if cell else ((), 0)
        row = int(np.ravel_multi_index(rows, shape[:-2])) if rows else 0
        assert found[channel, row, column] == values[index]


def test_of_more_layers_than_there_is_room_for_those_around_the_one_under_study_stand_there(fixed_weights):
    import keras

    stack = [
        keras.Input((4, 4, 1)),
        *(keras.layers.Conv2D(1, 1 + at % 2, padding="same", name=f"c{at}") for at in range(20)),
    ]
    network = load(
        fixed_weights(keras.Sequential([*stack, keras.layers.Flatten(), keras.layers.Dense(2, name="scores")]))
    )
    image = np.ones((4, 4, 1), np.float32)
    for at in (0, 5, 10, 19):
        session = seen(network, image, layer=network.layer(f"c{at}"))
        numbers = [place.layer.index for place in places(session, (), None)]
        assert session.layer.index in numbers
        assert MOST - 2 <= len(numbers) <= MOST
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
