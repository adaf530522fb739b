"""A laboratory page: a heading in the reader's voice, the verdict, and folded below it how we know."""

from __future__ import annotations

from collections.abc import Mapping

from bs4 import BeautifulSoup

from finish.claims import LABORATORY, Standing

OPEN = """const open = () => {
  const to = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = to?.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (to?.closest("details")) to.scrollIntoView();
};
addEventListener("hashchange", open);
open();"""  # some browsers do it by themselves


def fold_doubts(page: BeautifulSoup, known: Mapping[str, Standing]) -> None:
    """Fold each section below its first paragraph; the fold says on what the verdict rests."""
    for section in page.select("article section section:has(> h2)"):
        verdict = section.find("p", recursive=False)
        claim = section.select_one(".zoolib-claim[id]")
        if verdict is None or claim is None or section.select_one(":scope > details.doubt"):
            continue
        stands = known.get(claim["id"].removeprefix("claim-"))
        fold, summary = page.new_tag("details", attrs={"class": "doubt"}), page.new_tag("summary")
        summary.string = " · ".join(["How we know", *(stands or ())])
        rest = list(verdict.next_siblings)
        verdict.insert_after(fold)
        fold.extend([summary, *rest])
    if page.select_one("details.doubt") and not page.find("script", string=OPEN):
        script = page.new_tag("script")
        script.string = OPEN
        (page.body or page).append(script)


def go_on(page: BeautifulSoup) -> None:
    """Let a chapter lead on to the next chapter, and not to its laboratory."""
    onward = page.select_one(f"a.right-next[href^='{LABORATORY}']")
    here = page.select_one(f"nav.bd-links a[href^='{LABORATORY}']") if onward else None
    chapter = here.find_parent("ul").find_parent("li") if here else None
    after = (
        chapter.find_next("a", href=lambda href: href and not href.startswith((LABORATORY, "#"))) if chapter else None
    )
    if after is None:
        return
    onward["href"] = after["href"]
    onward["title"] = "next page"
    onward.select_one(".prev-next-title").string = after.get_text(strip=True)
