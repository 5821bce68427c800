"""What bin/test makes of its arguments."""

from tools import test


def test_coverage_is_counted_if_asked_for_and_the_other_arguments_reach_pytest() -> None:
    asked = test.options(["--coverage", "--quick", "tests/saas"])
    assert [word for word in asked if word.startswith("--cov")] == ["--cov", "--cov-report=term"]
    assert asked[-2:] == ["--quick", "tests/saas"]


def test_nothing_is_counted_otherwise() -> None:
    assert not [word for word in test.options(["--quick"]) if word.startswith("--cov")]


def test_quick_tests_have_as_many_workers_as_processors_and_all_tests_one_more() -> None:
    assert test.options(["--quick"])[:2] == ["-n", "2"]
    assert test.options(["tests/saas"])[:2] == ["-n", "3"]
