"""A chapter of the second edition is as long as ``pages/budgets.csv`` lets it be, and a picture is never far."""

# ruff: noqa: F811  fixtures are imported

from pathlib import Path

from browsing import PHONE, Visit, address, browser  # noqa: F401  fixtures

from pages.plain import MOST, marked

SEEN = Path(__file__).with_name("screens.js").read_text(encoding="utf-8")


def beyond(page) -> list[str]:
    """Return the budgets that a page goes beyond, at a desk and on a phone."""
    page.set_viewport_size({"width": 1440, "height": 900})
    seen = page.evaluate(SEEN)
    page.set_viewport_size(PHONE)
    seen["screens on a phone"] = page.evaluate(SEEN)["screens at a desk"]
    return [f"{n:.1f} {what}" for what, n in seen.items() if n > MOST[what]]


def test_no_chapter_of_the_second_edition_is_too_long_or_without_pictures(browser, address):
    with Visit(browser, address) as visit:
        for path in marked("[0-9]*.ipynb"):
            visit.look(f"chapters/{path.stem}.html")
            assert beyond(visit.page) == [], path.name
        for heights, wrong in {  # of words, with a picture below each
            (300, *[3000] * 5): [],
            (300, 3000, 3900): ["4.3 screens without a picture"],
            (900, 3000): ["1.1 screens to a picture"],
            (300, *[3000] * 9): ["32.6 screens at a desk", "34.7 screens on a phone"],
        }.items():
            parts = (f"<p style='margin: 0; height: {h}px'></p><svg width=300 height=200></svg>" for h in heights)
            visit.page.set_content(f"<body style='margin: 0'><article>{''.join(parts)}</article>")
            assert beyond(visit.page) == wrong
