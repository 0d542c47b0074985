import pytest

from sandbox_server.kernel.curves import Curve, Knot


def test_the_peak_is_told_beside_a_mean_of_1() -> None:
    assert Curve(Knot(0, 5), Knot(1, 5)).peak == 1
    assert Curve(Knot(0, 0), Knot(1, 7)).peak == 2


def test_a_step_is_two_knots_at_the_same_time() -> None:
    curve = Curve(Knot(0, 1), Knot(0.5, 1), Knot(0.5, 3), Knot(1, 3))
    assert curve.part_of_time(0.25) == pytest.approx(0.5)
    assert curve.part_of_time(0.625) == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("knots", "complaint"),
    [
        ((), "begins at 0 and ends at 1"),
        ((Knot(0.1, 1), Knot(1, 1)), "begins at 0 and ends at 1"),
        ((Knot(0, 1), Knot(0.9, 1)), "begins at 0 and ends at 1"),
        ((Knot(0, 1), Knot(0.6, 1), Knot(0.5, 1), Knot(1, 1)), "in order of time"),
        ((Knot(0, 1), Knot(1, -1)), "below 0"),
        ((Knot(0, 0), Knot(1, 0)), "above 0 somewhere"),
    ],
)
def test_what_is_no_curve_is_refused(knots: tuple[Knot, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Curve(*knots)
