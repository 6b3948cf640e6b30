"""Any accent colour can be read, by day and by night."""

import pytest

from portal.people import brand

ACCENTS = (
    "#14493a",
    "#ffffff",
    "#000000",
    "#ffff00",
    "#ff0000",
    "#00ffff",
    "#808080",
    "#3311ff",
    "#f2a72e",
    "#d0006f",
)


@pytest.mark.parametrize("accent", ACCENTS)
def test_by_day(accent: str) -> None:
    shades = brand.light(accent)
    for ground in (*brand.LIGHT_GROUNDS, shades.soft):
        assert brand.contrast(shades.brand, ground) >= 4.5
    assert brand.contrast(shades.ink, shades.brand) >= 4.5


@pytest.mark.parametrize("accent", ACCENTS)
def test_by_night(accent: str) -> None:
    shades = brand.dark(accent)
    for ground in (*brand.DARK_GROUNDS, shades.soft):
        assert brand.contrast(shades.brand, ground) >= 4.5
    assert brand.contrast(shades.ink, shades.brand) >= 4.5


def test_a_readable_accent_is_left_alone() -> None:
    assert brand.light("#14493a").brand == "#14493a"
    assert brand.light("#7a1f4d").brand == "#7a1f4d"


def test_contrast_is_the_one_of_the_standard() -> None:
    assert brand.contrast("#000000", "#ffffff") == 21
    assert brand.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_default_accent_keeps_the_shades_chosen_by_hand() -> None:
    assert "--brand" not in brand.css(brand.DEFAULT)
    assert brand.css("#7a1f4d").count("--brand:") == 2
