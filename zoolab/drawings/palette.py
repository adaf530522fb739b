"""The colours of the figures by day, and what becomes of each on a dark page.

The hues are those of Okabe and Ito, which colour-blind readers can tell apart. By night each is the same hue, lighter,
so that it stands on the dark page as it does on paper. Figures that stand and that move ask this one dictionary.
"""

INK, SOFT, GROUND = "#222222", "#5c5c5c", "#ffffff"
BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
BROWN = "#7b5a2e"

NIGHT = {
    INK: "#dcdfe4", SOFT: "#a2a9b3", GROUND: "#15181d", BLACK: "#f3f4f6", ORANGE: "#f0b43c", SKY: "#9adcf8",
    GREEN: "#23c295", YELLOW: "#f6ec6a", BLUE: "#4a9be6", VERMILION: "#f27b2c", PURPLE: "#e39ac0", BROWN: "#b98f5c",
}  # fmt: skip


def darker(colour: str) -> str:
    """Return a colour for words, ``"#rrggbb"``: the line's own, darkened until it can be read on white."""
    rgb = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    while _contrast_with_white(rgb) < 4.5:
        rgb = [part * 0.95 for part in rgb]
    return "#" + "".join(f"{round(part * 255):02x}" for part in rgb)


def _contrast_with_white(rgb: list[float]) -> float:
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in rgb]
    return 1.05 / (sum(a * b for a, b in zip(linear, [0.2126, 0.7152, 0.0722], strict=True)) + 0.05)


NIGHT = {day.lower(): night for day, night in NIGHT.items()}
NIGHT |= {darker(day): night for day, night in NIGHT.items() if day != GROUND}  # words in the colour of a line
