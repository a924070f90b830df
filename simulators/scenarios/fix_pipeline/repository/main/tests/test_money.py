import unittest

from payments.money import Money


class MoneyTest(unittest.TestCase):
    def test_amounts_of_one_currency_add_up(self):
        self.assertEqual(Money(150) + Money(275), Money(425))

    def test_currencies_do_not_mix(self):
        with self.assertRaises(ValueError):
            Money(150) + Money(275, "USD")

    def test_is_written_with_two_decimals(self):
        self.assertEqual(str(Money(1205)), "12.05 EUR")


if __name__ == "__main__":
    unittest.main()
