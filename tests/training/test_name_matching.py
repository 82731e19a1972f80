"""Files of two folders: what belongs together, and what is never put together."""

from __future__ import annotations

import pytest

from napari_denoise.training.name_matching import in_natural_order, match_names


@pytest.mark.parametrize(
    ("noisy", "clean"),
    [
        ("cell01.tif", "cell01.ome.tiff"),
        ("cell01_low.tif", "cell01_high.tif"),
        ("img_001_noisy.tif", "img_001_GT.tif"),
        ("noisy-7.tif", "clean-07.tif"),
        ("cell3Noisy.tif", "cell3Clean.tif"),
        ("A1 10ms.tif", "A1 200ms.tif"),
        ("B2_lowSNR.tif", "B2_highSNR.tif"),
        ("B2_frame1.tif", "B2_avg50.tif"),
        ("s_01.zarr", "s_01_target.zarr"),
    ],
)
def test_names_of_laboratories_are_matched(noisy, clean):
    other = noisy.replace("1", "9").replace("3", "8").replace("7", "6")
    partner = clean.replace("1", "9").replace("3", "8").replace("7", "6")
    if noisy.startswith("B2"):
        other, partner = noisy.replace("B2", "B3"), clean.replace("B2", "B3")
    if noisy.startswith("A1"):
        other, partner = "A2 10ms.tif", "A2 200ms.tif"
    found = match_names([noisy, other], [partner, clean])
    assert set(found.pairs) == {(noisy, clean), (other, partner)}
    assert found.by == "name"
    assert not found.left + found.right


def test_what_has_no_partner_is_told():
    found = match_names(
        ["a_low.tif", "b_low.tif", "x.tif"], ["a_high.tif", "b_high.tif", "y.tif"]
    )
    assert found.pairs == (("a_low.tif", "a_high.tif"), ("b_low.tif", "b_high.tif"))
    assert (found.left, found.right) == (("x.tif",), ("y.tif",))


def test_a_name_that_fits_two_others_is_not_matched():
    found = match_names(["1.tif", "2_noisy.tif"], ["1.tif", "2_gt.tif", "2_clean.tif"])
    assert found.pairs == (("1.tif", "1.tif"),)
    assert found.left == ("2_noisy.tif",)


def test_words_that_tell_fields_apart_stay():
    found = match_names(["low_1.tif", "high_1.tif"], ["low_1_gt.tif", "high_1_gt.tif"])
    assert set(found.pairs) == {
        ("low_1.tif", "low_1_gt.tif"),
        ("high_1.tif", "high_1_gt.tif"),
    }


def test_order_counts_only_where_no_name_matches_and_the_numbers_are_equal():
    by_order = match_names(["p10.tif", "p9.tif"], ["q1.tif", "q2.tif"])
    assert by_order.by == "order"
    assert by_order.pairs == (("p9.tif", "q1.tif"), ("p10.tif", "q2.tif"))
    assert not match_names(["a.tif", "b.tif"], ["p.tif"]).pairs
    assert match_names(["a.tif", "b.tif"], ["a.tif", "p.tif"]).left == ("b.tif",)


def test_numbers_are_sorted_as_numbers():
    assert in_natural_order(["c10", "c9", "b11"]) == ["b11", "c9", "c10"]
