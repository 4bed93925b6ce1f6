"""The exception for what a user can mend, and what becomes of one that nobody foresaw."""

import pytest

from nnviz.errors import LONGEST, NnvizError, in_one_sentence


@pytest.mark.parametrize(
    "error", [KeyError("k"), RecursionError("deep"), MemoryError(), OSError(5, "disk"), ValueError()]
)
def test_an_error_that_nobody_foresaw_is_one_sentence_and_its_traceback_stands_in_the_log(error, caplog):
    with pytest.raises(NnvizError) as met, in_one_sentence("A talk", "mine.yaml"):
        raise error
    sentence = str(met.value)
    assert sentence.startswith("A talk was expected. Received: mine.yaml, ")
    assert type(error).__name__ in sentence
    assert met.value.__cause__ is error
    (record,) = caplog.records
    assert record.exc_info[1] is error
    assert record.levelname == "ERROR"


def test_a_sentence_for_the_user_passes_as_it_is(caplog):
    said = NnvizError("A picture was expected. Received: none.")
    with pytest.raises(NnvizError) as met, in_one_sentence("A talk", "mine.yaml"):
        raise said
    assert met.value is said
    assert not caplog.records


def test_what_ends_a_run_passes_as_it_is():
    with pytest.raises(KeyboardInterrupt), in_one_sentence("A talk", "mine.yaml"):
        raise KeyboardInterrupt


def test_a_long_reason_leaves_room_for_where_the_rest_is():
    with pytest.raises(NnvizError) as met, in_one_sentence("A talk", "mine.yaml"):
        raise RuntimeError("word " * 1000)
    assert "the log has all of it" in str(met.value)
    assert len(str(met.value)) <= LONGEST
