import unittest

from payments.provider import is_worth_a_retry


class ProviderTest(unittest.TestCase):
    def test_a_timeout_is_worth_a_retry(self):
        self.assertTrue(is_worth_a_retry("timeout"))

    def test_a_stolen_card_is_not(self):
        self.assertFalse(is_worth_a_retry("stolen_card"))

    def test_an_unknown_answer_is_not(self):
        self.assertFalse(is_worth_a_retry("teapot"))


if __name__ == "__main__":
    unittest.main()
