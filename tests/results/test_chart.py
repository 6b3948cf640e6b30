"""The chart's geometry: everything inside its box, the scale in round numbers."""

import pytest

from portal.results.chart import draw, round_step

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("top", "step"),
    [(1, 1), (4, 1), (5, 2), (8, 2), (9, 5), (20, 5), (21, 10), (80, 20), (81, 50), (12345, 5000)],
)
def test_scales_have_round_steps(top: int, step: int) -> None:
    assert round_step(top) == step


@pytest.mark.parametrize("count", [1, 7, 31, 37])
def test_every_bar_is_inside_the_box(count: int) -> None:
    chart = draw([(str(number), number * 3, number) for number in range(count)], width=350, height=230)
    assert len(chart.bars) == count
    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= chart.width
        assert 0 <= bar.y <= bar.y + bar.height <= chart.base + 0.1
        assert 0 <= bar.dot <= chart.base


def test_labels_thin_out_and_the_last_one_stays() -> None:
    chart = draw([(str(number), 1, 0) for number in range(30)], width=350, height=230)
    labels = [bar.label for bar in chart.bars if bar.label]
    assert labels[-1] == "29"
    assert len(labels) <= 5


def test_no_points_make_an_empty_chart() -> None:
    assert draw([], width=350, height=230).bars == []
