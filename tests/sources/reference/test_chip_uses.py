"""The committed sayings of what runs on whose chips."""

from tests.given.committed_files import rows

FRAME = rows("chip_uses")


def test_the_model_card_speaks_of_training_and_nothing_of_serving():
    mine = FRAME.filter(customer="Google DeepMind")
    told = dict(mine.select("model_or_use", "accelerator_raw").iter_rows())
    assert told["Gemini 3 Pro: training"] == "TPU"
    assert told["Gemini 3 Pro: serving"] == "not told"


def test_a_letter_that_was_given_up_is_not_executed():
    letters = FRAME.filter(customer="OpenAI", chip_relation="letter of intent")
    assert letters["deal_status"].to_list() == ["not_executed"]
